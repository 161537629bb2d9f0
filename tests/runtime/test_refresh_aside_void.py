"""A refresh beside ticks that is void, fails or is killed is thrown away, ticks go on, and it is made again where it is wanted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from patron.kernel.errors import MemoryLimitError, TransientError
from patron.runtime import ticking
from patron.runtime.live import Live as Served
from patron.runtime.reached import outdate
from runtime.beside import (
    ASKING,
    CHANGED,
    DAY,
    MADE,
    MINUTE,
    OLD_EVENTS,
    SECOND,
    Gate,
    at,
    left_over,
    put_in_place,
    redefine,
    waited,
)
from runtime.live import SHOP, Live

if TYPE_CHECKING:
    from collections.abc import Callable


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


def test_an_old_event_that_is_replaced_makes_it_void(live: Live, gate: Gate) -> None:
    long_ago = live.now - 300 * DAY
    live.event("Product Viewed", "browser-ann", key="old", ago=live.now - long_ago)
    live.tick()
    redefine(live)
    live.tick()
    assert gate.is_there.wait(60)
    live.event("Product Added", "browser-ann", key="old", ago=live.now - long_ago)
    live.tick()
    assert not live.ticks.is_refreshing_beside
    gate.is_open.set()
    assert waited(lambda: live.ticks._asides.is_over)
    assert not live.tick().refreshed
    put_in_place(live, gate)
    added = live.store.execute(f"SELECT last_cart_at FROM {OLD_EVENTS}").fetchall()
    assert (live.ticks.definitions, added, live.strays()) == (CHANGED, [(long_ago.replace(tzinfo=None),)], 0)


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
    code = f"import sys; sys.path[:0] = {sys.path!r}; import datetime; from runtime.test_refresh_aside_void import die; die({file!r}, {live.inbox.last}, {live.now!r}, when_done={done})"
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
