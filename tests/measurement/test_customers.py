from __future__ import annotations

import itertools

import ibis
import pytest

from measurement.shops import answers, line, order, refund
from patron.measurement import cohorts, first_purchase, gaps, later_value, months
from patron.measurement.later_value import Group, shrunk

JANUARY = 2024 * 12


def test_cohorts_count_customers_and_their_money_month_by_month() -> None:
    orders = [
        order(1, "Ada", "2024-01-05", 1000),
        order(2, "Ada", "2024-03-05", 500),
        order(3, "Bob", "2024-01-06", 800),
        order(4, "Bob", "2024-01-20", 100),
        order(5, "Bob", "2024-02-20", 100),
        order(6, "Cleo", "2024-03-02", 70),
    ]
    a = answers({"orders": orders, "refunds": [refund(1, 1, "Ada", "2024-02-01", 200)]}, "2024-04-01")
    first, second = cohorts.triangle(
        a.rows(cohorts.cohort_activity(a.facts)), until=months.last_complete(a.facts.as_of, a.facts.shop.calendar)
    )
    assert (first.month, first.size, second.size) == (JANUARY, 2, 1)
    assert [(c.month, c.customers, c.net_revenue, c.ever) for c in first.cells] == [(0, 2, 1900, 0), (1, 1, -100, 1), (2, 1, 500, 2)]


def test_months_that_are_not_over_have_no_cell_and_quiet_ones_have_zero() -> None:
    orders = [order(1, "Ada", "2024-01-05", 1000), order(2, "Bob", "2024-03-02", 500), order(3, "Cleo", "2024-04-02", 10)]
    a = answers({"orders": orders}, "2024-04-15")
    found = cohorts.triangle(a.rows(cohorts.cohort_activity(a.facts)), until=months.last_complete(a.facts.as_of, a.facts.shop.calendar))
    assert [(c.month - JANUARY, c.size, [x.customers for x in c.cells]) for c in found] == [(0, 1, [1, 0, 0]), (2, 1, [1]), (3, 1, [])]


def test_an_order_called_off_is_no_return_but_its_money_stays_with_the_cohort() -> None:
    orders = [order(1, "Ada", "2024-01-05", 1000), order(2, "Ada", "2024-02-05", 900, cancelled_at="2024-02-06")]
    a = answers({"orders": orders, "refunds": [refund(1, 2, "Ada", "2024-02-06", 900)]}, "2024-03-01")
    (cohort,) = cohorts.triangle(a.rows(cohorts.cohort_activity(a.facts)), until=JANUARY + 1)
    assert [(c.customers, c.net_revenue) for c in cohort.cells] == [(1, 1000), (0, 0)]


def test_gaps_are_days_between_days_with_an_order() -> None:
    orders = [
        order(1, "Ada", "2024-01-01 08:00", 1),
        order(2, "Ada", "2024-01-01 22:00", 1),
        order(3, "Ada", "2024-01-08 01:00", 1),
        order(4, "Ada", "2024-01-10 23:00", 1),
        order(5, "Bob", "2024-01-10", 1),
        order(6, None, "2024-01-20", 1),
    ]
    a = answers({"orders": orders}, "2024-02-01")
    assert {r["gap_days"]: r["gap_count"] for r in a.rows(gaps.gaps(a.facts))} == {7: 1, 2: 1}


def test_quantile_is_the_smallest_gap_that_enough_do_not_exceed() -> None:
    assert gaps.quantile({1: 5, 10: 4, 90: 1}, 0.5) == 1
    assert gaps.quantile({1: 5, 10: 4, 90: 1}, 0.8) == 10
    assert gaps.quantile({3: 1}, 0.8) == 3


def test_bins_hold_every_gap_once() -> None:
    counts = dict.fromkeys(range(1, 400), 2)
    found = gaps.bins(counts)
    assert sum(b.count for b in found) == sum(counts.values())
    assert all(a.end == b.begin for a, b in itertools.pairwise(found))
    assert gaps.bins({}) == ()


def _shop_of_products() -> dict[str, list[dict[str, object]]]:
    orders, lines = [], []
    for number, (who, product, later) in enumerate([("Ada", 1, 500), ("Bob", 1, 0), ("Cleo", 2, 100)], 1):
        first = order(number, who, "2024-01-05", 1000)
        orders.append(first)
        lines.append(line(number, first, product, 1000))
        if later:
            again = order(number + 10, who, "2024-02-01", later)
            orders.append(again)
            lines.append(line(number + 10, again, 2, later))
    products = [
        {"product_id": 1, "product_code": "T", "name": "Tea", "category": "Drinks"},
        {"product_id": 2, "product_code": "C", "name": "Cup", "category": "Ware"},
    ]
    return {"orders": orders, "order_lines": lines, "products": products}


def test_later_value_is_without_the_first_order_and_within_the_horizon() -> None:
    rows = _shop_of_products()
    rows["orders"].append(order(99, "Cleo", "2024-05-05", 7000))
    a = answers(rows, "2024-07-01")
    found = {r["label"]: r for r in a.rows(later_value.by_first(a.facts, by="product", days=90))}
    assert (found["Tea"]["customers"], found["Tea"]["returned"]) == (2, 1)
    assert found["Cup"]["customers"] == 1
    assert found["Cup"]["total"] == pytest.approx(100)


def test_customers_who_are_not_known_long_enough_are_not_read() -> None:
    a = answers(_shop_of_products(), "2024-02-10")
    assert a.rows(later_value.by_first(a.facts, by="product", days=90)) == []
    assert later_value.horizon(a.row(later_value.followed(a.facts))) == 30


def test_no_horizon_without_customers() -> None:
    a = answers({}, "2024-02-10")
    assert later_value.horizon(a.row(later_value.followed(a.facts))) is None


def test_first_purchase_stands_beside_everything_since() -> None:
    a = answers(_shop_of_products(), "2024-07-01")
    (cohort,) = a.rows(first_purchase.by_cohort())
    assert (cohort["customers"], cohort["first_revenue"], cohort["revenue"], cohort["margin"]) == (3, 3000, 3600, None)
    by_category = {r["label"]: (r["customers"], r["first_revenue"], r["revenue"]) for r in a.rows(first_purchase.by_thing(by="category"))}
    assert by_category == {"Drinks": (2, 2000, 2500), "Ware": (1, 1000, 1100)}


def _group(label: str, values: list[float]) -> Group:
    return Group(label, len(values), 0, sum(values), sum(v * v for v in values))


def test_one_rich_customer_does_not_win() -> None:
    many = _group("many", [70.0, 170.0] * 100)
    whale = _group("whale", [0.0] * 11 + [3000.0])
    rest = [_group(f"rest {i}", [10.0 + i, 110.0 + i] * 150) for i in range(5)]
    found = shrunk([_group("alone", [9000.0]), whale, many, *rest])
    assert found[0].label == "many"
    assert [e.label for e in found if e.label == "alone"] == []


def test_shrunk_means_lie_between_their_own_and_the_shops() -> None:
    groups = [_group("a", [60.0, 140.0] * 5), _group("b", [20.0, 80.0] * 50)]
    mean = 6000 / 110
    for e in shrunk(groups):
        own = {"a": 100.0, "b": 50.0}[e.label]
        assert min(own, mean) <= e.mean <= max(own, mean)
        assert e.low <= e.mean <= e.high
    assert shrunk([]) == ()


def test_groups_that_do_not_differ_are_told_as_the_mean() -> None:
    found = shrunk([_group(name, [10.0, 20.0] * 10) for name in "abc"])
    assert {(e.mean, e.low, e.high) for e in found} == {(15.0, 15.0, 15.0)}


def test_expressions_need_no_table_but_facts() -> None:
    a = answers({}, "2024-02-10")
    assert isinstance(cohorts.cohort_activity(a.facts), ibis.Table)
    assert a.rows(cohorts.cohort_activity(a.facts)) == []
