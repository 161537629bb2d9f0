"""A full refresh that takes long is made beside ticks, and put in place by one of them as if it had been made by the one that began it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.facts import tables as t
from patron.kernel.errors import MemoryLimitError, TransientError
from patron.runtime import ticking
from patron.runtime.live import Live as Served
from patron.runtime.memberships import CURRENT, RECORDED
from patron.runtime.reached import outdate
from patron.testing.inbox import MemoryInbox
from runtime.live import SHOP, Live, definitions

if TYPE_CHECKING:
    from datetime import datetime

    from patron.facts.as_of import Facts
    from patron.runtime.pipeline import Definitions

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
FEW = {
    "viewed_lately": 'happened("product_viewed", last="7 days") >= 2',
    "in_the_last_hour": 'happened("product_viewed", last="1 hour")',
    "silent": "days_since_last_order > 30",
    "best": "top(net_revenue, share=0.3)",
    "above": "net_revenue > 1.5 * average(net_revenue)",
    "varied": "distinct_product_count >= 2",
}
MADE = definitions(FEW)
CHANGED = definitions({**FEW, "silent": "days_since_last_order > 15", "buyers": "order_count >= 1"})
ASKING = definitions(
    {**FEW, "viewed_lately": 'happened("product_viewed", last="7 days")', "new": 'entered("viewed_lately", last="1 hour")'}
)
ALSO_KEPT = {CURRENT, RECORDED, "features", "due", "cut_points", "population_statistics", "segment_slots", "basis"}


@dataclass
class Gate:
    """Holds refreshes beside ticks at their fourth step until it is opened."""

    is_there: threading.Event = field(default_factory=threading.Event)
    is_open: threading.Event = field(default_factory=threading.Event)

    def __call__(self, done: int, total: int, what: str) -> None:
        del total, what
        if done == 3 and threading.current_thread() is not threading.main_thread():
            self.is_there.set()
            assert self.is_open.wait(60)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Live]:
    """Makes shops of some customers, each a copy of one of which a tick has worked everything out."""
    first = Live(MADE)
    for number, (who, total, ago) in enumerate([("ann", 100, 40), ("ann", 60, 20), ("bob", 30, 10), ("cat", 200, 60)]):
        first.order(f"o{number}", f"{who}@shop.example", total, ago=timedelta(days=ago))
    first.line("o9", "dan@shop.example", "tea", 4, ago=DAY)
    first.order("o10", "fay@shop.example", 50, ago=DAY, refunded=5)
    first.line("o11", "fay@shop.example", "tea", 4, ago=DAY)
    first.identify("browser-fay", "fay@shop.example")
    first.event("Product Viewed", "browser-fay", product_id="p1", ago=DAY * 8)
    first.identify("browser-ann", "ann@shop.example")
    first.event("Product Viewed", "browser-ann", product_id="p1")
    assert first.tick().refreshed
    folder, made = tmp_path_factory.mktemp("shop"), list[Live]()

    def copy() -> Live:
        file = folder / f"{len(made)}.duckdb"
        first.store.copy(file)
        made.append(at(str(file), first.inbox.last, first.now))
        return made[-1]

    return copy


def at(file: str, position: int, now: datetime) -> Live:
    """A shop in a file, whose inbox has come to a position."""
    inbox = MemoryInbox()
    inbox._last = position
    return Live(MADE, now, DuckDBEngine(Path(file), threads=1), inbox)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def live(shop: Callable[[], Live], gate: Gate) -> Iterator[Live]:
    """A shop of which every refresh is made beside ticks, and waits at the gate."""
    live = shop()
    live.ticks.beside_from, live.ticks.progress = 0.0, gate
    yield live
    gate.is_open.set()
    live.ticks.close()


def redefine(live: Live, made: Definitions = CHANGED) -> None:
    live.made = made
    live.ticks.define(made)


def waited(is_so: Callable[[], bool]) -> bool:
    until = time.monotonic() + 60
    while not is_so() and time.monotonic() < until:
        time.sleep(0.005)
    return is_so()


def put_in_place(live: Live, gate: Gate, *, after: timedelta = SECOND) -> None:
    """Let the refresh go on, and make the tick that puts it in place."""
    gate.is_open.set()
    assert waited(lambda: live.ticks.wakes_at is None)
    assert live.tick(after=after).refreshed


def kept(live: Live) -> dict[str, list[Any]]:
    """All that a refresh makes and ticks keep true."""
    names = sorted(name for name in live.store.tables() if name.startswith("p_") or name in ALSO_KEPT)
    return {name: live.store.execute(f'SELECT * FROM "{name}" ORDER BY ALL').fetchall() for name in names}


def left_over(live: Live) -> set[str]:
    return {name for name in live.store.tables() if name.startswith("next_")}


Happening = Callable[[Live], None]
HAPPENINGS: tuple[Happening, ...] = (
    lambda live: live.event("Product Viewed", "browser-ann", product_id="p2"),
    lambda live: live.event("Product Viewed", "browser-bob", product_id="p2", ago=DAY),
    lambda live: live.identify("browser-bob", "bob@shop.example"),
    lambda live: live.identify("browser-bob", "cat@shop.example"),
    lambda live: live.line("o20", "bob@shop.example", "cup", 6),
    lambda live: live.line("o21", "ann@shop.example", "pot", 60),
    lambda live: live.order("o3", "cat@shop.example", 200, ago=timedelta(days=60), refunded=150),
    lambda live: live.order("o3", "bob@shop.example", 200, ago=timedelta(days=60)),
    lambda live: live.order("o22", "eve@shop.example", 900),
    lambda live: live.forget("dan@shop.example"),
    lambda live: live.forget("ann@shop.example"),
)
"""Events, merges, products never sold before, refunds, an order that is another's, somebody new, and forgetting."""


def comes_to_the_same(shop: Callable[[], Live], story: list[list[Happening]]) -> None:
    """Ticks beside a refresh, and a refresh at its beginning with one tick at its end, leave the same in every cell."""
    beside, other, gate = shop(), shop(), Gate()
    beside.ticks.beside_from, beside.ticks.progress = 0.0, gate
    redefine(beside)
    redefine(other)
    assert (beside.tick().refreshed, other.tick().refreshed) == (False, True)
    assert gate.is_there.wait(60)
    for happened in story:
        for live in (beside, other):
            for happen in happened:
                happen(live)
        beside.tick(after=MINUTE)
        other.now += MINUTE
    put_in_place(beside, gate)
    other.tick()
    one, two = kept(beside), kept(other)
    assert one.keys() == two.keys()
    assert {name for name in one if one[name] != two[name]} == set()
    assert (beside.strays(), left_over(beside)) == (0, set())


def test_it_comes_to_the_same_as_a_refresh_at_its_beginning_and_one_tick_at_its_end(shop: Callable[[], Live]) -> None:
    comes_to_the_same(shop, [list(HAPPENINGS[:5]), list(HAPPENINGS[5:9]), list(HAPPENINGS[9:10])])


stories = st.lists(st.lists(st.sampled_from(HAPPENINGS), max_size=4), max_size=4)


@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories)
def test_it_comes_to_the_same_whatever_comes_meanwhile(shop: Callable[[], Live], story: list[list[Happening]]) -> None:
    comes_to_the_same(shop, story)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories)
def test_it_comes_to_the_same_whatever_comes_meanwhile_many_times(shop: Callable[[], Live], story: list[list[Happening]]) -> None:
    comes_to_the_same(shop, story)


def test_events_reach_segments_while_it_is_made(live: Live, gate: Gate) -> None:
    redefine(live)
    live.tick()
    assert gate.is_there.wait(60)
    live.event("Product Viewed", "browser-ann", product_id="p2")
    done = live.tick()
    assert (done.touched, done.refreshed, live.ticks.is_refreshing_beside) == (1, False, True)
    assert live.members("viewed_lately") == 1
    live.tick(after=MINUTE * 61)
    assert live.members("in_the_last_hour") == 0
    assert live.ticks.definitions is MADE
    put_in_place(live, gate)
    assert live.ticks.definitions is CHANGED
    assert (live.members("buyers"), live.members("viewed_lately"), live.strays()) == (5, 1, 0)


def test_the_history_says_once_what_changed_and_why(live: Live, gate: Gate) -> None:
    redefine(live)
    live.tick()
    assert gate.is_there.wait(60)
    live.event("Product Viewed", "browser-ann", product_id="p2")
    live.tick()
    viewed_at = str(live.now.replace(tzinfo=None))
    put_in_place(live, gate)
    placed_at = str(live.now.replace(tzinfo=None))
    expected = [(viewed_at, "viewed_lately", "entered", "facts"), *[(placed_at, "buyers", "entered", "definition")] * 5]
    assert [c for c in live.changes() if c[1] != "silent"] == sorted(expected)
    assert {c for c in live.changes() if c[1] == "silent"} == {(placed_at, "silent", "entered", "definition")}
    sizes = dict(live.store.execute(f"SELECT segment, members FROM segment_sizes WHERE as_of = '{placed_at}'").fetchall())
    assert sizes == {segment: live.members(segment) for segment in CHANGED.segments.slugs}
    before = live.changes()
    live.tick()
    assert live.changes() == before


def test_who_enters_a_segment_by_it_is_looked_at_again_where_others_ask_for_that(live: Live, gate: Gate) -> None:
    redefine(live, ASKING)
    live.tick()
    put_in_place(live, gate)
    assert (live.members("viewed_lately"), live.members("new")) == (1, 0)
    live.tick()
    assert (live.members("new"), live.strays()) == (1, 0)


def test_at_midnight_ticks_go_on_with_the_new_day_and_what_changes_with_it_changes_when_it_is_put_in_place(live: Live, gate: Gate) -> None:
    midnight = SHOP.calendar.next_midnight(live.now)
    assert live.tick(after=midnight - live.now - SECOND).refreshed is False
    assert live.ticks.wakes_at == midnight
    assert live.tick().refreshed is False
    assert gate.is_there.wait(60)
    wakes_at = live.ticks.wakes_at
    assert wakes_at is not None
    assert wakes_at > live.now  # nothing spins
    live.event("Product Viewed", "browser-ann", product_id="p2")
    live.tick()
    assert live.members("viewed_lately") == 1
    put_in_place(live, gate)
    assert live.strays() == 0
    live.event("Product Viewed", "browser-bob", product_id="p2")
    live.identify("browser-bob", "bob@shop.example")
    assert not live.tick().refreshed
    assert live.tick(after=MINUTE * 61).touched == 2
    assert (live.members("in_the_last_hour"), live.strays()) == (0, 0)


def test_facts_of_a_new_kind_count_for_everybody_when_it_is_put_in_place(live: Live, gate: Gate) -> None:
    def hold(as_of: datetime) -> Facts:
        told = live.store.query(t.CUSTOMERS.unbound().filter(t.CUSTOMERS.unbound().birth_on.notnull()).limit(1)).num_rows
        facts = live.hold(as_of)
        return replace(facts, known=facts.known | ({"birthdays"} if told else set()))

    live.ticks.hold = hold
    live.customer("ann@shop.example", birth_on="1990-05-01")
    assert not live.tick().refreshed
    assert gate.is_there.wait(60)
    gate.is_open.set()
    live.ticks.close()
    again = live.reopened()  # as after a restart: it is known that something is to be done
    again.hold, again.beside_from = hold, 0.0
    assert again.wakes_at is None
    assert not live.tick().refreshed
    put_in_place(live, gate)
    assert not live.tick().refreshed


def test_what_others_write_makes_it_void_and_everything_is_made_in_the_next_tick(live: Live, gate: Gate) -> None:
    redefine(live)
    live.tick()
    assert gate.is_there.wait(60)
    live.store.execute("INSERT INTO list_members SELECT 'invited', customer_id, '2026-01-01' FROM customers")
    outdate(live.store)
    assert live.ticks.wakes_at is None
    assert live.tick().refreshed
    gate.is_open.set()
    assert waited(lambda: live.ticks._asides.is_over)
    assert not live.tick().refreshed
    assert (live.members("buyers"), live.strays(), left_over(live)) == (5, 0, set())


def test_what_others_write_when_it_is_done_makes_it_void_too(live: Live, gate: Gate) -> None:
    redefine(live)
    live.tick()
    gate.is_open.set()
    assert waited(lambda: live.ticks._asides.is_over)
    assert left_over(live)
    outdate(live.store)
    live.event("Product Viewed", "browser-ann", product_id="p2")
    assert live.tick().refreshed
    assert not live.tick().refreshed
    assert (live.members("viewed_lately"), live.strays(), left_over(live)) == (1, 0, set())


def test_definitions_that_change_again_are_begun_anew(live: Live, gate: Gate) -> None:
    redefine(live)
    live.tick()
    assert gate.is_there.wait(60)
    redefine(live, ASKING)
    gate.is_open.set()
    assert waited(lambda: live.ticks._asides.is_over)
    assert not live.tick().refreshed
    put_in_place(live, gate)
    assert live.ticks.definitions is ASKING
    assert (live.strays(), left_over(live)) == (0, set())


def test_definitions_that_change_back_need_nothing(live: Live, gate: Gate) -> None:
    redefine(live)
    live.tick()
    assert gate.is_there.wait(60)
    redefine(live, MADE)
    gate.is_open.set()
    assert waited(lambda: live.ticks._asides.is_over)
    assert not live.tick().refreshed
    assert (live.ticks.wakes_at is None, live.ticks.definitions, left_over(live)) == (False, MADE, set())


def test_what_goes_wrong_in_it_is_told_and_it_is_made_again_after_a_while(live: Live, gate: Gate) -> None:
    gate.is_open.set()
    failing = [TransientError("The disk is full."), ZeroDivisionError("of somebody@shop.example")]

    def progress(done: int, total: int, what: str) -> None:
        gate(done, total, what)
        if done == 4 and failing:
            raise failing[0]

    live.ticks.progress = progress
    redefine(live)
    told: list[str] = []
    for _ in range(2):
        live.event("Product Viewed", "browser-ann", product_id="p2", key=str(len(told)))
        live.tick(after=MINUTE)
        assert waited(lambda: live.ticks._asides.is_over)
        assert not live.tick(after=SECOND).refreshed
        told.append(live.ticks.trouble)
        assert live.ticks.wakes_at == live.now + SECOND * 2 ** len(told)  # and not before, however often ticks are made
        assert not live.tick(after=SECOND).refreshed
        assert not live.ticks.is_refreshing_beside
        failing.pop(0)
    assert told == ["The disk is full.", "A full refresh could not be made (ZeroDivisionError)."]
    live.tick(after=MINUTE)
    put_in_place(live, gate)
    assert (live.ticks.trouble, live.members("viewed_lately"), live.strays(), left_over(live)) == ("", 1, 0, set())


def test_it_is_given_more_memory_where_there_is_some(live: Live, gate: Gate) -> None:
    gate.is_open.set()
    failing = [MemoryLimitError("Too little.")]

    def progress(done: int, total: int, what: str) -> None:
        del total, what
        if done == 4 and failing:
            raise failing.pop()

    live.ticks.progress = progress
    live.store.save_memory()
    redefine(live)
    live.tick()
    assert waited(lambda: live.ticks._asides.is_over)
    live.tick()
    assert (live.ticks.trouble, live.ticks.is_refreshing_beside) == ("", True)
    put_in_place(live, gate)


def test_what_cannot_be_put_in_place_is_thrown_away_and_ticks_go_on(live: Live, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    redefine(live)
    live.tick()
    gate.is_open.set()
    assert waited(lambda: live.ticks._asides.is_over)
    live.event("Product Viewed", "browser-ann", product_id="p2")
    with monkeypatch.context() as broken:
        broken.setattr(ticking, "swap", failing)
        with pytest.raises(ZeroDivisionError):
            live.tick()
        assert not live.tick().refreshed
    assert (live.members("viewed_lately"), left_over(live)) == (1, set())
    assert "ZeroDivisionError" in live.ticks.trouble
    live.tick(after=MINUTE)
    put_in_place(live, gate)
    assert (live.ticks.trouble, live.strays()) == ("", 0)


def test_ticks_that_end_end_it(live: Live, gate: Gate) -> None:
    redefine(live)
    live.tick()
    assert gate.is_there.wait(60)
    closing = threading.Thread(target=live.ticks.close)
    closing.start()
    gate.is_open.set()
    closing.join(5)
    assert not closing.is_alive()
    assert (live.ticks.is_refreshing_beside, left_over(live)) == (False, set())


def die(file: str, position: int, now: datetime, *, when_done: bool) -> None:
    """Begin a refresh beside the first tick after midnight, and be killed in the middle of it or when it is done."""

    def progress(done: int, total: int, what: str) -> None:
        del total, what
        if done == 8 and not when_done and threading.current_thread() is not threading.main_thread():
            os.kill(os.getpid(), signal.SIGKILL)

    live = at(file, position, now)
    live.ticks.beside_from, live.ticks.progress = 0.0, progress
    live.tick(after=SHOP.calendar.next_midnight(now) - now)
    assert waited(lambda: live.ticks._asides.is_over)
    assert left_over(live)
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("done", [False, True])
def test_what_a_killed_process_has_left_is_removed_and_it_is_made_again(shop: Callable[[], Live], *, done: bool) -> None:
    live = shop()
    ((file,),) = live.store.execute("SELECT path FROM duckdb_databases() WHERE path IS NOT NULL").fetchall()
    live.store.close()
    code = f"import sys; sys.path[:0] = {sys.path!r}; import datetime; from runtime.test_refresh_aside import die; die({file!r}, {live.inbox.last}, {live.now!r}, when_done={done})"
    child = subprocess.run([sys.executable, "-c", code], check=False)
    assert child.returncode == -signal.SIGKILL
    again = at(file, live.inbox.last, SHOP.calendar.next_midnight(live.now))
    again.ticks.beside_from = 0.0
    assert (left_over(again), again.ticks.wakes_at) == (set(), None)
    assert not again.tick().refreshed
    put_in_place(again, Gate())
    assert again.strays() == 0


def test_a_refresh_is_part_of_a_tick_where_it_takes_less_than_ticks_may_wait(live: Live) -> None:
    live.ticks.beside_from = 2.0  # none was measured, and there are few customers
    redefine(live)
    assert live.tick().refreshed
    live.ticks._took_seconds = 3.0
    redefine(live, MADE)
    assert not live.tick().refreshed
    assert live.ticks.is_refreshing_beside


def test_status_says_that_it_is_beside_ticks_and_definitions_are_told_when_it_is_in_place(live: Live, gate: Gate) -> None:
    @dataclass
    class Clock:
        def now(self) -> datetime:
            live.now += timedelta(milliseconds=10)
            return live.now

    told, stop, redefined = list[object](), threading.Event(), [CHANGED]
    served = Served(live.ticks, Clock(), lambda: redefined.pop() if redefined else None, told.append)
    usual = live.ticks.progress

    def progress(done: int, total: int, what: str) -> None:
        usual(done, total, what)
        gate(done, total, what)

    live.ticks.progress = progress
    ticker = threading.Thread(target=served.run, args=(stop,))
    live.made = CHANGED
    ticker.start()
    try:
        assert gate.is_there.wait(60)
        refresh = served.status()["refresh"]
        assert isinstance(refresh, dict)
        assert (refresh["step"], refresh["is_beside"]) == (4, True)
        live.event("Product Viewed", "browser-ann", product_id="p2")
        assert waited(lambda: live.ticks.inbox.last == served.status()["position"])
        assert told == [MADE]
        gate.is_open.set()
        assert waited(lambda: told == [MADE, CHANGED])
        assert waited(lambda: served.status()["refresh"] is None)
    finally:
        gate.is_open.set()
        stop.set()
        ticker.join(10)
    assert not ticker.is_alive()
    assert live.strays() == 0
