from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from measurement.shops import answers, line, order, refund
from patron.kernel.time import Calendar
from patron.measurement import acquisition, months, products, quality, revenue, totals
from patron.measurement.movements import MOVEMENTS

ORDERS = [
    order(1, "Ada", "2024-01-05", 1000),
    order(2, "Ada", "2024-01-20", 2000),
    order(3, "Bob", "2024-01-31 23:30", 3000),
    order(4, None, "2024-02-02", 500),
    order(5, "Ada", "2024-02-10", 4000, cancelled_at="2024-02-11"),
    order(6, "Eve", "2024-02-12", 900, kind="unpaid"),
]
REFUNDS = [refund(1, 5, "Ada", "2024-02-11", 4000), refund(2, 3, "Bob", "2024-02-05", 300), refund(3, None, "Zoe", "2024-02-06", 50)]
SHOP = {"orders": ORDERS, "refunds": REFUNDS}


def test_totals_are_net_of_refunds_and_count_only_orders_that_count() -> None:
    a = answers(SHOP, "2024-03-01")
    t = a.row(totals.totals(a.facts))
    assert (t["customer_count"], t["repeat_count"], t["order_count"], t["guest_order_count"]) == (2, 1, 4, 1)
    assert (t["sold"], t["refunded"], t["net_revenue"]) == (10500, 4350, 6150)
    assert (t["new_net_revenue"], t["returning_net_revenue"], t["guest_net_revenue"]) == (3700, 1950, 500)
    assert t["margin"] is None


def test_refund_of_a_first_order_lowers_what_new_customers_brought() -> None:
    a = answers(SHOP, "2024-03-01")
    february = [r for r in a.rows(revenue.revenue_by_month()) if r["month"] == 2024 * 12 + 1]
    assert february == [
        {
            "month": 2024 * 12 + 1,
            "new_net_revenue": -300,
            "returning_net_revenue": -50,
            "guest_net_revenue": 500,
            "net_revenue": 150,
        }
    ]


def test_months_are_the_shops() -> None:
    a = answers(SHOP, "2024-03-01", calendar=Calendar("Europe/Athens"))
    by_month = {r["month"]: r["order_count"] for r in a.rows(revenue.orders_by_month(a.facts))}
    assert by_month == {2024 * 12: 2, 2024 * 12 + 1: 2}  # Bob's order is on 1 February in Athens


def test_new_and_returning_customers_of_a_month_are_people() -> None:
    a = answers({"orders": [*ORDERS, order(7, "Bob", "2024-02-20", 100)]}, "2024-03-01")
    rows = {
        r["month"] % 12 + 1: (r["order_count"], r["new_customer_count"], r["returning_customer_count"])
        for r in a.rows(revenue.orders_by_month(a.facts))
    }
    assert rows == {1: (3, 2, 0), 2: (2, 0, 1)}


def test_margin_given_back_leaves_the_handling_of_the_order() -> None:
    a = answers(
        {"orders": [order(1, "Ada", "2024-01-05", 1000, cost=600)], "refunds": [refund(1, 1, "Ada", "2024-01-09", 500)]},
        "2024-03-01",
        costed=True,
    )
    assert [(r["net_revenue"], r["margin"]) for r in sorted(a.rows(MOVEMENTS.unbound()), key=lambda r: -r["net_revenue"])] == [
        (1000, 400),
        (-500, -200),
    ]


def test_margin_rate_stands_in_where_costs_are_not_known() -> None:
    a = answers(SHOP, "2024-03-01", margin_rate=0.5)
    assert a.row(totals.totals(a.facts))["margin"] == 3075


def test_best_products_are_net_of_what_came_back() -> None:
    first, second = order(1, "Ada", "2024-01-05", 1000), order(2, "Ada", "2024-01-06", 800)
    third = order(3, "Bob", "2024-01-07", 900)
    lines = [line(1, first, 1, 1000), line(2, second, 1, 300), line(3, second, 2, 500), line(4, third, 2, 900)]
    a = answers(
        {
            "orders": [first, second, third],
            "order_lines": lines,
            "refunds": [refund(1, 1, "Ada", "2024-01-09", 400, product_id=1)],
            "products": [{"product_id": 1, "product_code": "T", "name": "Tea"}, {"product_id": 2, "product_code": "C", "name": "Cup"}],
        },
        "2024-03-01",
    )
    found = [
        (r["name"], r["net_revenue"], r["refunded"], r["buyers"], r["repeat_buyers"])
        for r in a.rows(products.best_products(a.facts, limit=5))
    ]
    assert found == [("Cup", 1400, 0, 2, 0), ("Tea", 900, 400, 1, 1)]


def test_countries_sum_to_the_shop() -> None:
    rows = {"orders": [{**o, "country": "GB" if o["customer_id"] else None} for o in ORDERS], "refunds": REFUNDS}
    a = answers(rows, "2024-03-01")
    found = {r["country"]: (r["order_count"], r["customers"], r["net_revenue"]) for r in a.rows(acquisition.by_country(a.facts))}
    assert found == {"GB": (3, 2, 5700), None: (1, 0, 450)}


def test_spend_is_by_channel_and_new_customers_by_the_shops_days() -> None:
    spend = [
        {"starts_on": "2024-01-01", "ends_on": "2024-01-31", "channel": "meta", "cost": 700, "clicks": 7},
        {"starts_on": "2024-01-01", "ends_on": "2024-01-31", "channel": "tv", "cost": 900},
        {"starts_on": "2024-02-20", "ends_on": "2024-03-01", "channel": "meta", "cost": 5000},
    ]
    a = answers({**SHOP, "spend": spend}, "2024-03-01")
    assert [(r["channel"], r["cost"], r["clicks"]) for r in a.rows(acquisition.spend_by_channel(a.facts))] == [
        ("tv", 900, None),
        ("meta", 700, 7),
    ]
    won = a.row(acquisition.new_customers(a.facts, starts_on=date(2024, 1, 6), ends_on=date(2024, 1, 31)))
    assert won == {"customer_count": 1}


def test_coupons_of_orders_and_redemptions_are_counted_together() -> None:
    orders = [order(1, "Ada", "2024-01-05", 1000, coupon_code="TEA", coupon_discount=100), order(2, "Bob", "2024-01-06", 500)]
    redemptions: list[dict[str, Any]] = [
        {"coupon_code": "TEA", "redeemed_at": "2024-01-07", "customer_id": 3},
        {"coupon_code": "CUP", "redeemed_at": "2024-01-08"},
    ]
    a = answers({"orders": orders, "redemptions": redemptions}, "2024-03-01")
    assert a.rows(acquisition.coupon_use(a.facts, limit=5)) == [
        {"coupon_code": "TEA", "uses": 2, "customers": 2, "discount": 100},
        {"coupon_code": "CUP", "uses": 1, "customers": 0, "discount": 0},
    ]
    assert a.row(acquisition.coupon_totals(a.facts)) == {
        "order_count": 2,
        "coupon_order_count": 1,
        "coupon_discount": 100,
        "redemption_count": 2,
    }


def test_data_quality_counts_what_needs_a_word() -> None:
    same = line(1, ORDERS[0], 1, 500)
    rows = {**SHOP, "order_lines": [same, {**same, "line_id": 2}, line(3, ORDERS[1], 1, 2000)]}
    rows["orders"] = [*ORDERS, order(8, "Ada", "2024-02-01", 10, currency="EUR"), order(9, "Ada", "2030-01-01", 10)]
    a = answers(rows, "2024-03-01")
    found = a.row(quality.order_quality(a.facts))
    assert {k: found[k] for k in ("guest_count", "cancelled_count", "unpaid_count", "other_currency_count")} == {
        "guest_count": 1,
        "cancelled_count": 1,
        "unpaid_count": 1,
        "other_currency_count": 1,
    }
    assert a.row(quality.refund_quality(a.facts)) == {
        "refund_count": 3,
        "undated_count": 0,
        "unmatched_count": 1,
        "unmatched_net_revenue": 50,
    }
    assert a.row(quality.repeated_lines(a.facts)) == {"repeated_count": 1}
    assert a.row(quality.future_orders(a.facts)) == {"future_count": 1}


@pytest.mark.parametrize(("as_of", "last"), [("2024-03-01", "2024-02"), ("2024-02-29", "2024-01")])
def test_a_month_is_over_when_the_next_has_begun(as_of: str, last: str) -> None:
    a = answers({}, as_of)
    month = months.last_complete(a.facts.as_of, a.facts.shop.calendar)
    assert months.first_day(month).isoformat()[:7] == last
