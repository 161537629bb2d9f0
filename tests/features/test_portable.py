"""Every expression of the plan can be said in the dialects of both engines."""

from __future__ import annotations

from datetime import UTC, datetime

import ibis
import pytest
from ibis.backends.sql.compilers import DuckDBCompiler, PySparkCompiler
from ibis.config import Config

from patron.facts import tables
from patron.facts.as_of import DETAILS, PREDICTIONS, Facts
from patron.facts.sessions import sessions
from patron.facts.shop import Shop
from patron.facts.touches import touches
from patron.features import plan, scores
from patron.features.catalog import BUILT_IN, Catalog
from patron.features.partials import histories
from patron.kernel.steps import Step
from patron.kernel.time import Calendar

FACTS = Facts(
    Shop(calendar=Calendar("Europe/London"), margin_rate=0.4),
    datetime(2024, 7, 1, tzinfo=UTC),
    frozenset({*DETAILS, PREDICTIONS, *(t.name for t in tables.FACTS)}),
    currencies=frozenset({"USD"}),
    costed=True,
)


class _SparkOptions(Config):  # type: ignore[misc]  # Ibis has no types
    """What the compiler asks for where Spark itself is not installed."""

    treat_nan_as_null: bool = False


def _plan() -> list[Step]:
    cuts = dict.fromkeys(("r", "f", "m", "e"), (1.0, 2.5, 3.0, 4.0))
    query = scores.cut_point_query(BUILT_IN, FACTS, BUILT_IN.settings.scores)
    whole = plan.features(BUILT_IN, FACTS, cuts)  # type: ignore[arg-type]
    return [*plan.partial_steps(BUILT_IN, FACTS), Step("cut_points", query), Step("features", whole)]


PLAN = _plan()


def test_a_catalogue_may_have_some_features_alone_and_none_of_those_that_scores_read() -> None:
    some = Catalog({name: BUILT_IN[name] for name in ("order_count", "view_count_7d")}, BUILT_IN.partials, BUILT_IN.settings)
    assert [step.name for step in plan.partial_steps(some, FACTS)] == ["p_orders", "p_recent_events"]


RELATIONS = [Step("sessions", sessions(FACTS)), Step("touches", touches(FACTS))]


@pytest.mark.parametrize("step", [*PLAN, *RELATIONS], ids=lambda s: s.name)
def test_step_can_be_said_in_both_dialects(step: Step) -> None:
    if ibis.options.pyspark is None:
        ibis.options.pyspark = _SparkOptions()
    for compiler, dialect in ((DuckDBCompiler(), "duckdb"), (PySparkCompiler(), "spark")):
        assert compiler.to_sqlglot(step.expression).sql(dialect=dialect).startswith(("SELECT", "WITH"))


def test_steps_read_facts_and_earlier_steps_only() -> None:
    known = {t.name for t in (*tables.FACTS, histories.CELLS, histories.TERMS, histories.NEXT)}  # the last are filled by who runs the plan
    for step in PLAN:
        read = {op.name for op in step.expression.op().find(ibis.expr.operations.UnboundTable)}
        assert read <= known
        known.add(step.name)


def test_features_come_in_the_types_that_the_catalog_says() -> None:
    assert PLAN[-1].expression.schema() == BUILT_IN.schema()
