"""An event that is sent again is one event, whatever time it says then."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.facts import tables as t
from patron.kernel.arrow import arrow_rows
from patron.runtime import met_events
from patron.runtime.met_events import MetEvents
from properties import tried
from runtime.live import BEGIN, SEGMENTS, Live, definitions

_AGAIN = timedelta(days=met_events.DAYS)
_SENT = st.tuples(st.sampled_from("abc"), st.sampled_from([0, 1, 60, 90_000, 10 * 86_400]))
"""Which message comes, and how many seconds ago it says that it happened."""
_STEPS = st.lists(st.one_of(_SENT, st.sampled_from(["tick", "restart", "refused", "an hour", "a day"])), min_size=3, max_size=14)


def _happened(live: Live) -> list[tuple[str, object]]:
    return sorted(live.store.execute("SELECT kind, occurred_at FROM events").fetchall())


@tried(6, 20)
@given(_STEPS)
def test_the_earliest_instant_holds_whenever_it_comes(steps: list[tuple[str, int] | str]) -> None:
    live, first = Live(definitions({"lately": SEGMENTS["in_the_last_hour"]})), dict[str, datetime]()
    live.event("before", "ann")
    live.tick()
    for step in [*steps, "tick"]:
        if isinstance(step, tuple):
            name, seconds = step
            live.event(name, "ann", ago=timedelta(seconds=seconds), key=f"m-{name}")
            at = (live.now - timedelta(seconds=seconds)).replace(tzinfo=None)
            first[name] = min(first.get(name, at), at)
        elif step == "restart":
            live.reopened()
        elif step == "refused":  # the store looks at a tick with such a record
            live.event("", "ann")
        else:
            live.tick(after=timedelta(seconds=1, hours=step == "an hour", days=step == "a day"))
    assert _happened(live) == sorted([("before", BEGIN.replace(tzinfo=None)), *first.items()])
    assert live.strays() == 0


def test_an_event_of_long_ago_is_known_by_its_id_and_its_instant() -> None:
    live = Live()
    live.event("bought", "ann", key="m")
    live.tick()
    sent_at, live.now = live.now - timedelta(seconds=1), live.now + 2 * _AGAIN
    live.reopened()
    live.event("bought", "ann", key="m", ago=live.now - sent_at)
    live.tick()
    assert len(_happened(live)) == 1


def _instant(number: int) -> datetime:
    return BEGIN - timedelta(hours=number % 7)


def _told(met: MetEvents, store: DuckDBEngine, *ids: int) -> datetime | None:
    instants = [{"event_id": number, "occurred_at": _instant(number).replace(tzinfo=None)} for number in ids]
    return met.known_since(store, arrow_rows(t.EVENTS, [{**row, "received_at": BEGIN.replace(tzinfo=None)} for row in instants]))


def _empty() -> DuckDBEngine:
    store = DuckDBEngine(threads=1)
    store.declare(t.EVENTS)
    store.tell(BEGIN)
    return store


@settings(deadline=None, max_examples=30)
@given(st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=20), max_size=20))
def test_whatever_was_told_before_is_known(ticks: list[list[int]]) -> None:
    met, store, before = MetEvents(), _empty(), set[int]()
    for ids in ticks:
        assert _told(met, store, *ids) == min(map(_instant, before & set(ids)), default=None)
        before |= set(ids)


def test_no_more_ids_are_kept_than_are_asked_for() -> None:
    met, store = MetEvents(more=10), _empty()
    assert not _told(met, store, *range(10))
    assert _told(met, store, 9, 10) == _instant(9)
    assert not _told(met, store, 1)  # the store, which is asked again, has none of these
