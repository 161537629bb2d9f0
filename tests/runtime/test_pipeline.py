from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

import ibis
import pytest

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.features import plan
from patron.features.catalog import BUILT_IN
from patron.runtime import pipeline
from patron.testing.shops import differing_cells, made_up_facts, made_up_shop

if TYPE_CHECKING:
    import ibis.expr.types as ir

NOW, EARLIER = datetime(2026, 1, 1, tzinfo=UTC), datetime(2025, 10, 1, tzinfo=UTC)


@cache
def engine() -> DuckDBEngine:
    store = made_up_shop(300, ends_at=NOW)
    pipeline.make_features(store, BUILT_IN, made_up_facts(store, NOW), progress=lambda *_: None)
    pipeline.features_at(store, BUILT_IN, made_up_facts(store, EARLIER), into="earlier", names=list(BUILT_IN))
    return store


@pytest.mark.parametrize(
    "names", [("rfm_group", "net_revenue"), ("e_score",), ("stage", "lateness"), ("visit_count_30d", "order_count")], ids=" ".join
)
def test_some_features_as_of_another_instant_are_those_of_all(names: tuple[str, ...]) -> None:
    pipeline.features_at(engine(), BUILT_IN, made_up_facts(engine(), EARLIER), into="some", names=names)
    schema = BUILT_IN.schema()
    some = engine().query(ibis.table({c: schema[c] for c in ("customer_id", *names)}, name="some"))
    every = engine().query(plan.table(BUILT_IN, "earlier").select("customer_id", *names))
    assert some.num_rows > 200
    assert differing_cells(some, every) == {}


def test_other_instants_leave_the_kept_answers_and_no_tables() -> None:
    before = engine().query(plan.table(BUILT_IN)), engine().tables()
    pipeline.features_at(engine(), BUILT_IN, made_up_facts(engine(), EARLIER), into="some", names=("rfm_group",))
    assert differing_cells(before[0], engine().query(plan.table(BUILT_IN))) == {}
    assert engine().tables() - {"some"} == before[1] - {"some"}


def test_rows_that_only_later_steps_read_are_not_kept() -> None:
    stays = {p.table_name: p.is_kept for p in BUILT_IN.partials.values() if p.table_name in _made()}
    assert {name for name in stays if name in engine().tables()} == {name for name, is_kept in stays.items() if is_kept}
    assert {"p_products", "p_shop_rhythm"} <= engine().tables()


@pytest.mark.parametrize(("room", "is_short"), [(None, False), (10**9, False), (10**5, True)])
def test_where_memory_is_short_no_partial_is_worked_out_within_the_features(
    room: int | None, monkeypatch: pytest.MonkeyPatch, *, is_short: bool
) -> None:
    defined: list[str] = []
    define = DuckDBEngine.define

    def noted(self: DuckDBEngine, name: str, expression: ir.Table) -> None:
        defined.append(name)
        define(self, name, expression)

    monkeypatch.setattr(DuckDBEngine, "memory_bytes", room)
    monkeypatch.setattr(DuckDBEngine, "define", noted)
    pipeline.features_at(engine(), BUILT_IN, made_up_facts(engine(), EARLIER), into="some", names=list(BUILT_IN))
    assert (not defined) == is_short
    assert differing_cells(engine().query(plan.table(BUILT_IN, "some")), engine().query(plan.table(BUILT_IN, "earlier"))) == {}


def _made() -> set[str]:
    return {step.name for step in plan.partial_steps(BUILT_IN, made_up_facts(engine(), NOW))}
