from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import ibis
from hypothesis import given, settings
from hypothesis import strategies as st

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.runtime import memberships as m

_NOW = datetime(2025, 1, 1, tzinfo=UTC)


def _engine() -> DuckDBEngine:
    engine = DuckDBEngine(threads=1)
    for table in m.TABLES:
        engine.declare(table)
    engine.connection.execute("CREATE TABLE one AS SELECT 1::BIGINT AS one")
    return engine


def _keep(engine: DuckDBEngine, members: dict[int, dict[str, bool]], day: int, definitions: dict[str, str] | None = None) -> int:
    one = ibis.table({"one": "int64"}, name="one")
    rows = [
        one.select(customer_id=ibis.literal(c, "int64"), **{s: ibis.literal(v) for s, v in flags.items()}) for c, flags in members.items()
    ]
    flags = ibis.union(*rows) if len(rows) > 1 else rows[0]
    places = m.places(engine, definitions or dict.fromkeys(next(iter(members.values())), "same"))
    m.keep_recorded(engine)
    engine.create(m.CURRENT, m.packed(flags, places.slots))
    return m.keep_memberships(engine, places, as_of=datetime(2024, 1, day, tzinfo=UTC), now=_NOW).changed


def _changes(engine: DuckDBEngine) -> list[tuple[object, ...]]:
    return sorted(engine.connection.execute("SELECT customer_id, segment, change, day(changed_at), why FROM membership_changes").fetchall())


def test_first_refresh_claims_no_entries() -> None:
    engine = _engine()
    assert _keep(engine, {1: {"loyal": True}}, 1) == 0
    assert engine.connection.execute("SELECT customer_id, loyal FROM memberships").fetchall() == [(1, True)]


def test_entering_and_leaving_are_kept_with_their_instant() -> None:
    engine = _engine()
    _keep(engine, {1: {"loyal": True}, 2: {"loyal": False}}, 1)
    assert _keep(engine, {1: {"loyal": False}, 2: {"loyal": True}, 3: {"loyal": True}}, 2) == 3
    assert _changes(engine) == [(1, "loyal", "left", 2, "facts"), (2, "loyal", "entered", 2, "facts"), (3, "loyal", "entered", 2, "facts")]


def test_customer_that_is_merged_away_leaves() -> None:
    engine = _engine()
    _keep(engine, {1: {"loyal": True}, 2: {"loyal": True}}, 1)
    _keep(engine, {1: {"loyal": True}}, 2)
    assert _changes(engine) == [(2, "loyal", "left", 2, "facts")]


def test_changed_definition_is_told_from_changed_facts() -> None:
    engine = _engine()
    _keep(engine, {1: {"loyal": True, "lost": False}}, 1, {"loyal": "a", "lost": "b"})
    _keep(engine, {1: {"loyal": False, "lost": True}}, 2, {"loyal": "changed", "lost": "b"})
    assert _changes(engine) == [(1, "lost", "entered", 2, "facts"), (1, "loyal", "left", 2, "definition")]


def test_looking_back_leaves_the_history_as_it_is() -> None:
    engine = _engine()
    _keep(engine, {1: {"loyal": True}}, 5)
    assert _keep(engine, {1: {"loyal": False}}, 2) == 0
    assert engine.connection.execute("SELECT loyal FROM memberships").fetchall() == [(False,)]
    assert _keep(engine, {1: {"loyal": True}}, 6) == 0
    assert _changes(engine) == []


def test_removed_segment_keeps_its_slot_to_itself() -> None:
    engine = _engine()
    _keep(engine, {1: {"a": True, "b": False}}, 1)
    _keep(engine, {1: {"b": False}}, 2)
    _keep(engine, {1: {"b": False, "c": True}}, 3)
    slots = dict(engine.connection.execute("SELECT segment, slot FROM segment_slots").fetchall())
    assert slots == {"a": 0, "b": 1, "c": 2}


@given(st.lists(st.lists(st.booleans(), min_size=65, max_size=65), min_size=2, max_size=3))
@settings(deadline=None, max_examples=5)
def test_bits_and_changes_agree_with_the_flags_for_any_number_of_segments(states: list[list[bool]]) -> None:
    engine = _engine()
    for day, state in enumerate(states, 1):
        _keep(engine, {7: {f"s{i}": v for i, v in enumerate(state)}}, day)
        row = engine.connection.execute("SELECT * EXCLUDE customer_id FROM memberships").fetchall()[0]
        assert list(row) == state
        sizes = dict(engine.connection.execute("SELECT segment, members FROM segment_sizes WHERE day(as_of) = ?", [day]).fetchall())
        assert sizes == {f"s{i}": int(v) for i, v in enumerate(state)}
    moves = sum(a != b for before, after in pairwise(states) for a, b in zip(before, after, strict=True))
    assert len(_changes(engine)) == moves
