from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.sql.compilers import DuckDBCompiler, PySparkCompiler
from ibis.config import Config

from measurement.shops import answers, line, order, refund, shops
from patron.app.report import report_data
from patron.features.partials.ladder import order_ladder
from patron.features.settings import DEFAULTS
from patron.measurement import (
    acquisition,
    cohorts,
    first_purchase,
    gaps,
    later_value,
    movements,
    products,
    quality,
    revenue,
    rfm,
    stakes,
    totals,
)

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.facts.as_of import Facts
    from patron.kernel.money import Money
    from patron.measurement.report import ReportData

AS_OF = "2024-07-01"
some = settings(deadline=None, max_examples=4)


def _report(rows: dict[str, list[dict[str, Any]]]) -> ReportData:
    a = answers(rows, AS_OF)
    return report_data(a.store, a.facts)


def _minor(*amounts: Money) -> int:
    return sum(a.minor for a in amounts)


@some
@given(rows=shops())
def test_parts_sum_to_net_revenue_and_people_are_counted_once(rows: dict[str, list[dict[str, Any]]]) -> None:
    data = _report(rows)
    n = data.numbers
    whole = n.net_revenue.minor
    assert _minor(n.first_order_net_revenue, n.repeat_order_net_revenue, n.guest_net_revenue) == whole
    assert n.sold.minor - n.refunded.minor == whole
    assert _minor(*(m.net_revenue for m in data.months)) == whole
    assert all(_minor(m.new_net_revenue, m.returning_net_revenue, m.guest_net_revenue) == m.net_revenue.minor for m in data.months)
    assert _minor(*(c.net_revenue for c in data.countries)) == whole
    _people_are_counted_once(data)


def _people_are_counted_once(data: ReportData) -> None:
    n = data.numbers
    assert sum(m.new_customers for m in data.months) == n.customers == sum(c.size for c in data.cohorts)
    assert sum(m.orders for m in data.months) == n.orders
    assert 0 <= n.repeat_customers <= n.customers
    for cohort in data.cohorts:
        shares = [cell.came_back_share for cell in cohort.cells]
        assert shares == sorted(shares)
        assert all(0 <= cell.customers <= cohort.size for cell in cohort.cells)


@some
@given(rows=shops(), late=st.lists(st.integers(0, 400), min_size=1, max_size=4))
def test_facts_at_or_after_the_instant_change_nothing(rows: dict[str, list[dict[str, Any]]], late: list[int]) -> None:
    before = _report(rows)
    more = {name: list(given) for name, given in rows.items()}
    for i, days in enumerate(late):
        at = f"{AS_OF} 00:00:00" if not days else f"2025-{days % 12 + 1:02d}-01"
        made = order(100 + i, ["Ada", None, "Nina"][i % 3], at, 7777)
        more["orders"].append(made)
        more["order_lines"].append(line(100 + i, made, 1, 7777))
        more["refunds"].append(refund(100 + i, 1, "Ada", at, 5))
    after = _report(more)
    assert _without_future_count(after) == _without_future_count(before)


def _without_future_count(data: ReportData) -> dict[str, object]:
    found = data.as_json()
    quality_of = found["quality"]
    assert isinstance(quality_of, dict)
    return {**found, "quality": {k: v for k, v in quality_of.items() if k != "future_orders"}}


def _expressions(facts: Facts) -> dict[str, ir.Table]:
    features = rfm.features_named("features")
    memberships = ibis.table({"customer_id": "int64", "a": "boolean", "b": "boolean"}, name="memberships")
    return {
        **{step.name: step.expression for step in movements.steps(facts)},
        "totals": totals.totals(facts),
        "revenue": revenue.revenue_by_month(),
        "orders": revenue.orders_by_month(facts),
        "cohorts": cohorts.cohort_activity(facts),
        "gaps": gaps.gaps(facts),
        "ladder": order_ladder(facts, DEFAULTS.ladder),
        "followed": later_value.followed(facts),
        "by first product": later_value.by_first(facts, by="product", days=90),
        "first purchase by cohort": first_purchase.by_cohort(),
        "first purchase by category": first_purchase.by_thing(by="category"),
        "products": products.best_products(facts, limit=5),
        "grid": rfm.rfm_grid(features),
        "groups": rfm.rfm_groups(features),
        "movement": rfm.movement(rfm.features_named("features_before"), features),
        "stakes": stakes.stakes(features, memberships, ["a", "b"]),
        "shared": stakes.shared_members(memberships, ["a", "b"]),
        "spend": acquisition.spend_by_channel(facts),
        "coupons": acquisition.coupon_use(facts, limit=5),
        "coupon totals": acquisition.coupon_totals(facts),
        "countries": acquisition.by_country(facts),
        "orders quality": quality.order_quality(facts),
        "refunds quality": quality.refund_quality(facts),
        "repeated": quality.repeated_lines(facts),
        "future": quality.future_orders(facts),
        "files": quality.files(),
    }


class _Spark(Config):  # type: ignore[misc]  # Ibis has no types
    """What Ibis sets when its Spark back end is loaded."""

    treat_nan_as_null: bool = False


@pytest.mark.parametrize("dialect", ["duckdb", "spark"])
def test_every_expression_compiles_for_both_engines(dialect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ibis.options, "pyspark", _Spark())
    compiler = DuckDBCompiler() if dialect == "duckdb" else PySparkCompiler()
    for expression in _expressions(answers({}, AS_OF).facts).values():
        assert "SELECT" in compiler.to_sqlglot(expression).sql(dialect=dialect)
