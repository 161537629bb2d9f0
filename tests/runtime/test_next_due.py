"""Who is due next, and when, is known without being looked for again, through any ticks in which nothing comes: as the store says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.runtime.due_times import DUE
from patron.runtime.next_due import NextDue
from properties import tried

BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)
_WAITS = st.integers(1, 100) | st.integers(55, 70) | st.just(100_000)
"""Seconds."""


def _rows(due: dict[int, datetime]) -> pa.Table:
    at = pa.array([each.replace(tzinfo=None) for each in due.values()], pa.timestamp("us"))
    return pa.table({"customer_id": pa.array(list(due), pa.int64()), "due_at": at})


@tried(40, 300)
@given(st.dictionaries(st.integers(1, 200), _WAITS, max_size=150), st.data())
def test_who_is_due_next_is_who_the_store_says(waits: dict[int, int], data: st.DataObject) -> None:
    store, as_of = DuckDBEngine(threads=1), BEGIN
    due = {who: BEGIN + timedelta(seconds=wait) for who, wait in waits.items()}
    store.fill(DUE.name, _rows(due).to_reader())
    following = NextDue(store)
    for _ in range(8):
        assert following.after(as_of) == min(due.values(), default=None)
        if not due:
            return
        before, as_of = as_of, min(due.values()) + timedelta(seconds=data.draw(st.sampled_from([0, 0, 1, 30])))
        passed = [who for who, at in due.items() if at <= as_of]
        again = {who: as_of + timedelta(seconds=data.draw(_WAITS)) for who in passed if data.draw(st.booleans())}
        store.tell(as_of)
        assert sorted(following.who(before, as_of)) == sorted(passed)
        due = {who: at for who, at in due.items() if who not in passed} | again
        store.fill(DUE.name, _rows(due).to_reader())
        following.follow(before, as_of, [(at, who) for who, at in again.items()])


def test_a_tick_that_was_not_told_of_is_read_anew() -> None:
    store = DuckDBEngine(threads=1)
    store.fill(DUE.name, _rows({1: BEGIN + timedelta(seconds=50)}).to_reader())
    following, later = NextDue(store), BEGIN + timedelta(seconds=5)
    assert following.after(BEGIN) == BEGIN + timedelta(seconds=50)
    store.fill(DUE.name, _rows({1: BEGIN + timedelta(seconds=50), 2: BEGIN + timedelta(seconds=20)}).to_reader())
    assert following.after(later) == BEGIN + timedelta(seconds=20)
    following.follow(BEGIN, later + timedelta(seconds=1), [])  # follows another tick than that
    assert following.after(later) == BEGIN + timedelta(seconds=20)
    store.fill(DUE.name, _rows({}).to_reader())
    following.forget()
    assert following.after(later) is None
    assert following.who(later, later + timedelta(days=1)) == []


def _asks(following: NextDue, store: DuckDBEngine, now: datetime) -> bool:
    """Whether it asks the store who is due, where nobody is any more."""
    store.fill(DUE.name, _rows({}).to_reader())
    store.tell(now)
    return not following.who(BEGIN, now)


def test_most_ticks_know_who_is_due_without_asking() -> None:
    store = DuckDBEngine(threads=1)
    store.fill(
        DUE.name, _rows({1: BEGIN + timedelta(seconds=50), 2: BEGIN + timedelta(seconds=20), 3: BEGIN + timedelta(days=1)}).to_reader()
    )
    following = NextDue(store)
    following.after(BEGIN)
    assert following.who(BEGIN, BEGIN + timedelta(seconds=19)) == []
    assert following.who(BEGIN, BEGIN + timedelta(seconds=50)) == [2, 1]
    assert not _asks(following, store, BEGIN + timedelta(seconds=50))
    assert _asks(following, store, BEGIN + timedelta(days=1))


def test_of_more_at_one_instant_than_are_read_the_store_has_to_be_asked() -> None:
    store, at = DuckDBEngine(threads=1), BEGIN + timedelta(seconds=20)
    store.fill(DUE.name, _rows(dict.fromkeys(range(500), at)).to_reader())
    following = NextDue(store)
    assert following.after(BEGIN) == at
    assert _asks(following, store, at)
