"""Who is due in vain is put off before the time has come; who is not stays due, and nobody is looked at too late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from patron.adapters.engines.arrays.engine import ArraysEngine
from patron.kernel.errors import UnsupportedError
from patron.runtime.due_times import DUE
from runtime.live import Live, definitions

SECOND, WEEK = timedelta(seconds=1), timedelta(days=7)
LEAVES = timedelta(microseconds=1)
_OFTEN = {"often": 'happened("product_viewed", last="7 days") >= 2'}


@pytest.fixture
def live() -> Live:
    live = Live(made=definitions(_OFTEN))
    for who in ("ann", "bob", "cleo"):
        live.identify(who, f"{who}@shop.example")
        live.event("Page Viewed", who)  # events are known from now on
    live.tick()
    return live


def _views(live: Live, who: str, *ago: timedelta) -> None:
    for span in ago:
        live.event("Product Viewed", who, ago=span)


def _stays(live: Live, who: str, leaves_in: timedelta) -> None:
    """One of three views leaves the window soon, and two are enough."""
    _views(live, who, WEEK - leaves_in, timedelta(days=3), timedelta(days=2))


def _quiet_tick(live: Live) -> None:
    """Take up what was sent, and make a tick in which nothing comes but Cleo's time."""
    _stays(live, "cleo", 2 * SECOND)
    assert live.tick(after=SECOND).touched
    live.now += SECOND + LEAVES
    assert live.ticks.tick(live.now).touched == 1


def _soon(live: Live) -> list[datetime]:
    """When customers are due within a day."""
    found = live.store.query(DUE.unbound().select("due_at").order_by("due_at"))["due_at"].to_pylist()
    return [at.replace(tzinfo=UTC) for at in found if at.replace(tzinfo=UTC) < live.now + timedelta(days=1)]


def test_who_will_stay_is_put_off(live: Live) -> None:
    _stays(live, "ann", 30 * SECOND)
    _quiet_tick(live)
    assert _soon(live) == []
    assert live.tick(after=60 * SECOND).touched == 0
    assert (live.members("often"), live.strays()) == (2, 0)


def test_who_will_stay_whenever_they_are_due_is_put_off_at_once(live: Live) -> None:
    _stays(live, "ann", 30 * SECOND)
    _views(live, "ann", *(WEEK - second * SECOND for second in range(20, 27)))
    _quiet_tick(live)
    assert _soon(live) == []
    assert live.tick(after=60 * SECOND).touched == 0
    assert (live.members("often"), live.strays()) == (2, 0)


def test_who_is_due_now_and_again_soon_is_put_off_in_the_same_tick(live: Live) -> None:
    _views(live, "cleo", WEEK - 20 * SECOND)
    _quiet_tick(live)
    assert _soon(live) == []
    assert live.tick(after=60 * SECOND).touched == 0
    assert (live.members("often"), live.strays()) == (1, 0)


def test_who_will_leave_stays_due_and_leaves_at_the_instant(live: Live) -> None:
    leaves = live.now + 30 * SECOND + LEAVES
    _views(live, "ann", WEEK - 30 * SECOND, timedelta(days=2))
    _quiet_tick(live)
    assert _soon(live) == [leaves]
    assert live.ticks.tick(leaves - LEAVES).touched == 0
    assert live.ticks.tick(leaves).changed == 1
    assert live.changes()[-1] == (str(leaves.replace(tzinfo=None)), "often", "left", "time")


def test_who_will_stay_once_and_then_leave_is_due_when_they_leave(live: Live) -> None:
    leaves = live.now + 40 * SECOND + LEAVES
    _stays(live, "ann", 30 * SECOND)
    _views(live, "bob", WEEK - 40 * SECOND, WEEK - 20 * SECOND, timedelta(days=1))
    _quiet_tick(live)
    assert _soon(live) == [leaves]
    assert live.ticks.tick(leaves).changed == 1
    live.now = leaves
    assert (live.members("often"), live.strays()) == (2, 0)


def test_what_comes_of_somebody_who_was_put_off_counts(live: Live) -> None:
    _stays(live, "ann", 30 * SECOND)
    _quiet_tick(live)
    live.forget("ann@shop.example")
    live.tick()
    assert (live.members("often"), live.strays()) == (1, 0)


def test_nobody_is_looked_at_ahead_while_records_come(live: Live) -> None:
    leaves = live.now + 30 * SECOND + LEAVES
    _stays(live, "ann", 30 * SECOND)
    live.tick()
    assert _soon(live) == [leaves]


def test_so_many_are_looked_at_and_the_rest_when_they_are_due(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("patron.runtime.looking_ahead._MOST", 1)
    leaves = live.now + 40 * SECOND + LEAVES
    _stays(live, "ann", 30 * SECOND)
    _stays(live, "bob", 40 * SECOND)
    _quiet_tick(live)
    assert _soon(live) == [leaves]
    assert live.ticks.tick(leaves).touched == 1
    live.now = leaves
    assert (live.members("often"), live.strays()) == (3, 0)


def test_nobody_is_put_off_where_nothing_can_be_said_ahead(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where an expression needs the moment for rows that are about no customer."""

    def unable(*_: object) -> None:
        raise UnsupportedError("a moment of rows that are about no customer")

    monkeypatch.setattr(ArraysEngine, "tell_each", unable)
    leaves = live.now + 30 * SECOND + LEAVES
    _stays(live, "ann", 30 * SECOND)
    _quiet_tick(live)
    assert _soon(live) == [leaves]
    assert live.ticks.tick(leaves).touched == 1
    live.now = leaves
    assert live.strays() == 0
