from __future__ import annotations

from datetime import UTC, datetime

import pytest

from patron.facts.as_of import Facts
from patron.facts.shop import Shop
from patron.kernel.money import Currency
from patron.testing.tiny import customer, tiny_shop

GBP = Currency("GBP")


def _facts(day: int, *, currencies: frozenset[str] = frozenset(), shop: Shop | None = None, costed: bool = False) -> Facts:
    return Facts(shop or Shop(currency=GBP), datetime(2024, 1, day, tzinfo=UTC), frozenset({"orders"}), currencies, costed)


def test_order_at_as_of_is_not_known_yet() -> None:
    engine = tiny_shop({"orders": [{"customer_id": customer("ana"), "ordered_at": "2024-01-05"}]})
    assert engine.query(_facts(5).orders).num_rows == 0
    assert engine.query(_facts(6).orders).num_rows == 1


def test_order_counts_until_it_is_cancelled() -> None:
    engine = tiny_shop({"orders": [{"ordered_at": "2024-01-05", "cancelled_at": "2024-01-08"}]})
    assert engine.query(_facts(8).sales).num_rows == 1
    assert engine.query(_facts(9).sales).num_rows == 0


def test_unpaid_orders_and_adjustments_are_no_sales() -> None:
    engine = tiny_shop({"orders": [{"ordered_at": "2024-01-01", "kind": "unpaid"}, {"ordered_at": "2024-01-01", "kind": "adjustment"}]})
    assert engine.query(_facts(9).sales).num_rows == 0


def test_amounts_are_converted_by_the_rate_of_the_day() -> None:
    engine = tiny_shop({
        "orders": [
            {"ordered_at": "2024-01-01", "net_revenue": 1000, "currency": "JPY"},
            {"ordered_at": "2024-01-04", "net_revenue": 1000, "currency": "JPY"},
            {"ordered_at": "2024-01-04", "net_revenue": 1000, "currency": "GBP"},
        ],
        "rates": [
            {"currency": "JPY", "starts_on": "2023-12-01", "rate": 0.005},
            {"currency": "JPY", "starts_on": "2024-01-04", "rate": 0.006},
        ],
    })  # fmt: skip
    orders = _facts(9, currencies=frozenset({"JPY"})).orders
    assert sorted(r["net_revenue"] for r in engine.query(orders).to_pylist()) == [500, 600, 1000]


def test_margin_is_unknown_unless_costs_or_a_rate_are() -> None:
    engine = tiny_shop(
        {"orders": [{"ordered_at": "2024-01-01", "net_revenue": 1000, "cost": 300}, {"ordered_at": "2024-01-02", "net_revenue": 1000}]}
    )
    by_rate = Shop(currency=GBP, margin_rate=0.5, delivery_cost=100, payment_rate=0.02)

    def margins(**given: object) -> list[int | None]:
        return [r["margin"] for r in engine.query(_facts(9, **given).orders.order_by("ordered_at")).to_pylist()]  # type: ignore[arg-type]

    assert margins() == [None, None]
    assert margins(costed=True) == [700, None]
    assert margins(shop=by_rate) == [380, 380]
    assert margins(shop=by_rate, costed=True) == [580, 380]


@pytest.mark.parametrize(("day", "spans"), [(7, 0), (8, 1)])
def test_spend_is_known_when_its_span_is_over(day: int, spans: int) -> None:
    engine = tiny_shop({"spend": [{"starts_on": "2024-01-01", "ends_on": "2024-01-07", "cost": 5}]})
    assert engine.query(_facts(day).spend).num_rows == spans
