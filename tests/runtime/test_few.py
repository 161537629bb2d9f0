"""Answers about few customers are worked out beside the store, whatever is defined, and are those that the store would give."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import ibis
import pytest

from patron.adapters.engines.arrays.engine import ArraysEngine
from patron.app.definitions import read_definitions
from patron.features.settings import DEFAULTS
from patron.kernel.errors import UnsupportedError
from patron.runtime.pipeline import FEATURES
from patron.runtime.renewing import of_touched, recipe
from patron.runtime.ticking import Ticks
from patron.runtime.touching import TOUCHED
from runtime.live import Live

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import ibis.expr.types as ir
    import pyarrow as pa

    from patron.kernel.steps import Step


class _Unable(ArraysEngine):
    """It has no answer to anything."""

    def query(self, expression: ir.Table) -> pa.Table:
        raise UnsupportedError(type(expression.op()).__name__)


class _UnableOnceThereAreRows(ArraysEngine):
    """It rehearses well."""

    def make(self, steps: Sequence[Step]) -> None:
        super().make(steps)
        if steps[-1].name == "due" and self.query(ibis.table({"customer_id": "int64"}, name=TOUCHED)).num_rows:
            raise UnsupportedError("due")


def _lived(live: Live) -> Live:
    live.order("o1", "ann@shop.example", 80, ago=timedelta(days=40))
    live.identify("b1", "ann@shop.example")
    live.tick()
    live.event("Product Added", "b1", product_id="p1", price="9.90")
    live.line("o2", "bob@shop.example", "p1", 12.5)
    live.tick(after=timedelta(hours=2))
    live.order("o1", "ann@shop.example", 80, ago=timedelta(days=40), refunded=30)
    live.tick(after=timedelta(days=1))
    return live


def _told(live: Live) -> ArraysEngine:
    few = ArraysEngine()
    few.tell(live.now)
    return few


def _rows(live: Live, name: str) -> list[dict[str, object]]:
    found = live.store.connection.sql(f'SELECT * FROM "{name}" ORDER BY ALL')  # a name of ours
    rows: list[dict[str, object]] = found.to_arrow_table().to_pylist()
    return rows


@pytest.fixture(scope="module")
def beside() -> Live:
    return _lived(Live())


@pytest.fixture(scope="module")
def within() -> Live:
    live = Live()
    live.ticks = Ticks(live.store, live.made, live.hold, live.inbox)
    return _lived(live)


@pytest.mark.parametrize("name", [FEATURES, "membership_bits", "membership_changes", "due"])
def test_what_ticks_keep_is_the_same_whoever_works_it_out(beside: Live, within: Live, name: str) -> None:
    assert _rows(beside, name)
    assert _rows(beside, name) == _rows(within, name)


def test_everything_that_ships_can_be_worked_out_beside_the_store(tmp_path: Path) -> None:
    live = Live(made=read_definitions(tmp_path / "project", DEFAULTS))
    live.order("o1", "ann@shop.example", 80, ago=timedelta(days=40))
    live.tick()
    how = recipe(live.store, live.made, of_touched(live.hold(live.now)), _told(live))
    assert how.by is not None


@pytest.mark.parametrize("few", [_Unable, _UnableOnceThereAreRows])
def test_what_cannot_be_worked_out_beside_the_store_is_worked_out_by_it(few: type[ArraysEngine], within: Live) -> None:
    live = Live()
    live.ticks = Ticks(live.store, live.made, live.hold, live.inbox, few())
    _lived(live)
    for name in (FEATURES, "membership_bits", "membership_changes", "due"):
        assert _rows(live, name) == _rows(within, name)


def test_only_columns_that_are_asked_for_are_taken(beside: Live) -> None:
    how = recipe(beside.store, beside.made, of_touched(beside.hold(beside.now)), _told(beside))
    assert how.by is not None
    assert "properties" not in how.by.lasting["events"].columns


def _read_while(live: Live, monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]) -> list[str]:
    """Of two tables of facts, those that are read for some customers while something is done."""
    asked: list[str] = []
    query = live.store.query

    def spied(expression: ir.Table) -> pa.Table:
        asked.append(live.store.sql(expression))
        return query(expression)

    with monkeypatch.context() as patched:
        patched.setattr(live.store, "query", spied)
        work()
    of_customers = [sql for sql in asked if "_asked_customers" in sql]
    return sorted(name for name in ("orders", "messages") if any(f'"{name}" AS' in sql for sql in of_customers))


def test_who_comes_again_is_not_read_again_unless_more_has_come_than_events(monkeypatch: pytest.MonkeyPatch) -> None:
    live = _lived(Live())

    def visit() -> None:
        live.event("Product Viewed", "b1", product_id="p1")
        live.tick(after=timedelta(seconds=1))

    def buy() -> None:
        live.order("o3", "ann@shop.example", 12)
        live.tick(after=timedelta(seconds=1))

    assert _read_while(live, monkeypatch, visit) == ["messages", "orders"]
    assert _read_while(live, monkeypatch, visit) == []
    assert _read_while(live, monkeypatch, buy) == ["messages", "orders"]
    assert _read_while(live, monkeypatch, visit) == []
    live.ticks.forget()  # as after a tick that failed
    assert _read_while(live, monkeypatch, visit) == ["messages", "orders"]


def test_who_is_due_soon_is_read_with_those_who_are_new(monkeypatch: pytest.MonkeyPatch) -> None:
    live = _lived(Live())
    assert live.ticks.wakes_at is not None
    live.now = live.ticks.wakes_at - timedelta(seconds=30)
    live.event("Product Viewed", "b1", product_id="p1")
    live.tick(after=timedelta(seconds=1))

    def due() -> None:
        assert live.ticks.wakes_at is not None
        done = live.ticks.tick(live.ticks.wakes_at)
        assert done.touched
        assert not done.refreshed

    assert _read_while(live, monkeypatch, due) == []


def test_products_are_read_again_after_a_tick_that_told_of_some_and_touched_nobody() -> None:
    live = _lived(Live())
    live.event("Product Viewed", "b1", product_id="p1")
    live.tick()
    how = live.ticks._recipes[0]
    assert how.by is not None
    assert how.by.of_shop
    live._put("products", product_code="p1", title="Green tea", category="tea", updated_at=live.now.isoformat())
    done = live.tick()
    assert (done.refused, done.touched) == (0, 0)
    assert how.by.of_shop == {}
