"""Answers as of an instant of each customer's own are, for each of them, the answers as of that instant for everybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa
import pytest

from patron.adapters.engines.arrays.engine import ArraysEngine
from patron.app.definitions import read_definitions
from patron.features.settings import DEFAULTS
from patron.kernel.errors import UnsupportedError
from patron.kernel.time import moment
from patron.runtime import pipeline
from patron.runtime.renewing import clear, make, of_touched, recipe, rows_of
from patron.runtime.touching import TOUCHED, TOUCHED_ROWS
from patron.testing.shops import made_up_facts, made_up_shop

if TYPE_CHECKING:
    from patron.runtime.renewing import Recipe

AS_OF = datetime(2026, 1, 1, 3, tzinfo=UTC)
INSTANTS = [AS_OF + timedelta(seconds=s) for s in (1, 59, 3_600, 40_000)]
CUSTOMERS = 150

Told = dict[str, dict[int, str]]
"""Rows as texts, by table and customer."""


@pytest.fixture(scope="module")
def how() -> Recipe:
    """All features and segments that ship, of everybody in a made-up shop, whose facts an engine of arrays was given."""
    store = made_up_shop(CUSTOMERS, ends_at=AS_OF)
    definitions, facts = read_definitions(Path("no-project"), DEFAULTS), made_up_facts(store, AS_OF)
    pipeline.refresh(store, definitions, facts, now=AS_OF, progress=lambda *_: None, is_live=True)
    few = ArraysEngine()
    for engine in (store, few):
        engine.tell(AS_OF)
    made = recipe(store, definitions, of_touched(facts), few)
    assert made.by is not None
    store.execute(f"CREATE TEMP TABLE {TOUCHED} AS SELECT customer_id, true AS is_due, true AS only_events FROM customers")
    made.by.take(store, store.query(TOUCHED_ROWS))
    return made


def _told(how: Recipe) -> Told:
    engine: Any = how.by and how.by.engine
    make(engine, how)
    engine.make([how.due])
    steps = (*how.kept, how.answers[-1])
    told = {step.name: {row["customer_id"]: str(row) for row in rows_of(engine, step).to_pylist()} for step in steps}
    clear(engine, how)
    return told


def test_each_customer_has_the_answers_of_their_instant(how: Recipe) -> None:
    engine: Any = how.by and how.by.engine
    told: dict[datetime, Told] = {}
    for instant in INSTANTS:
        engine.tell(instant)
        told[instant] = _told(how)
    mine = {customer: INSTANTS[customer % len(INSTANTS)] for customer in told[INSTANTS[0]][pipeline.FEATURES]}
    instants = pa.array([at.replace(tzinfo=None) for at in mine.values()], pa.timestamp("us"))
    engine.tell_each(pa.table({"customer_id": list(mine), "instant": instants}))
    at_once = _told(how)
    assert len(mine) == CUSTOMERS
    for name, rows in at_once.items():
        expected = {c: told[at][name][c] for c, at in mine.items() if c in told[at][name]}
        assert rows == expected
    assert any(told[INSTANTS[0]][name] != told[INSTANTS[-1]][name] for name in at_once)  # time tells


def test_what_is_about_no_customer_has_no_moment_then() -> None:
    engine = ArraysEngine()
    rows = ibis.table({"product_id": "int64"}, name="products")
    engine.fill("products", pa.table({"product_id": [1]}).to_reader())
    asked = rows.mutate(at=moment())
    engine.tell(AS_OF)
    assert engine.query(asked)["at"].to_pylist() == [AS_OF.replace(tzinfo=None)]
    engine.tell_each(pa.table({"customer_id": [1], "instant": pa.array([AS_OF.replace(tzinfo=None)], pa.timestamp("us"))}))
    with pytest.raises(UnsupportedError, match="about no customer"):
        engine.query(asked)


def test_rows_of_others_have_no_moment() -> None:
    engine = ArraysEngine()
    rows = ibis.table({"customer_id": "int64"}, name="rows")
    engine.fill("rows", pa.table({"customer_id": pa.array([7, None, 9, 7], pa.int64())}).to_reader())
    engine.tell_each(pa.table({"customer_id": [8, 7], "instant": pa.array([AS_OF.replace(tzinfo=None)] * 2, pa.timestamp("us"))}))
    at = AS_OF.replace(tzinfo=None)
    assert engine.query(rows.mutate(at=moment()))["at"].to_pylist() == [at, None, None, at]
