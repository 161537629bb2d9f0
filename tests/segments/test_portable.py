from __future__ import annotations

import ibis
import pytest
from ibis.backends.sql.compilers import DuckDBCompiler, PySparkCompiler
from ibis.config import Config

from patron.facts.as_of import Facts
from patron.segments.due import due_table
from patron.segments.explain import evidence, explain_query
from patron.segments.plan import Plan
from segments.world import ALL, AS_OF, CATALOG, SHOP, check

CONDITIONS = [
    'happened("product_viewed", last="7 days", category=["a", "b"]) >= 3 and days_since("x", page_contains="s") < 3',
    'sum_of("value", "order_placed") > 100 or average_of("rating", "review_written") < 2',
    'distinct_of("product_id", "v", last="1 day") > 1',
    'sequence("a", absent("b"), "c", absent("product_bought"), within="1 hour", last="30 days", same=("product_id",))',
    'sequence("a", "a", "message_clicked", last="30 days")',
    "top(net_revenue, share=0.1) or bottom(units, n=3, within=country) or net_revenue > average(net_revenue) + typical(mean_order_value)",
    "lateness > 2 and days_until_renewal < 7 and net_revenue / days_since_last_order > 5 and unit_price > 3",
    'last_order_at >= date("2024-01-01") and birth_on < date("1990-01-01") and last_order_at - first_order_at > 3',
    'bucket("a") < 0.5 and in_list("l") and entered("a", last="7 days") and consent("email", "transactional")',
    'contains(city, "x") and starts_with(city, "y") and country not in ["GB"] and n_of(2, is_subscribed, has(units), unknown(units))',
]


class _Spark(Config):  # type: ignore[misc]
    treat_nan_as_null: bool = False


@pytest.fixture(autouse=True)
def _spark_without_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiler reads an option that only exists where Spark is installed."""
    if ibis.options.pyspark is None:
        monkeypatch.setattr(ibis.options, "pyspark", _Spark())


@pytest.mark.parametrize("condition", CONDITIONS)
def test_all_that_a_plan_runs_compiles_on_both_engines(condition: str) -> None:
    plan = Plan(check({"a": condition, "b": 'not in_segment("a")'}), CATALOG, Facts(SHOP, AS_OF, ALL))
    stats = plan.statistics()
    row = dict.fromkeys(stats.columns, 1.5) if stats is not None else {}
    shown = evidence(plan, "b", 1)
    tables = [step.expression for step in plan.steps()] + [t for t in (stats, shown) if t is not None]
    tables += [plan.memberships(row), plan.memberships({}), due_table(plan, row), explain_query(plan, "b", row, [1, 2])]
    for table in tables:
        for compiler, dialect in ((DuckDBCompiler(), "duckdb"), (PySparkCompiler(), "spark")):
            assert compiler.to_sqlglot(table).sql(dialect=dialect)
