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
    for who in ("ann", "bob"):
        live.identify(who, f"{who}@shop.example")
        live.event("Page Viewed", who)  # events are known from now on
    live.tick()
    return live


def _views(live: Live, who: str, *ago: timedelta) -> None:
    for span in ago:
        live.event("Product Viewed", who, ago=span)


def _due(live: Live) -> list[datetime]:
    found = live.store.query(DUE.unbound().select("due_at").order_by("due_at"))["due_at"].to_pylist()
    return [at.replace(tzinfo=UTC) for at in found]


def test_who_will_stay_is_put_off(live: Live) -> None:
    _views(live, "ann", WEEK - 30 * SECOND, timedelta(days=3), timedelta(days=2))
    at = live.now - timedelta(days=3)
    live.tick()
    assert _due(live) == [at + WEEK + LEAVES]
    assert live.members("often") == 1
    assert live.tick(after=60 * SECOND).touched == 0
    assert (live.members("often"), live.strays()) == (1, 0)


def test_who_will_leave_stays_due_and_leaves_at_the_instant(live: Live) -> None:
    _views(live, "ann", WEEK - 30 * SECOND, timedelta(days=2))
    leaves = live.now + 30 * SECOND + LEAVES
    live.tick()
    assert _due(live) == [leaves]
    assert live.ticks.tick(leaves - LEAVES).touched == 0
    assert live.ticks.tick(leaves).changed == 1
    assert [(change, at) for at, _, change, _ in live.changes()][-1] == ("left", str(leaves.replace(tzinfo=None)))


def test_each_is_looked_at_as_of_an_instant_of_their_own(live: Live) -> None:
    _views(live, "ann", WEEK - 30 * SECOND, timedelta(days=3), timedelta(days=2))
    _views(live, "bob", WEEK - 40 * SECOND, WEEK - 20 * SECOND, timedelta(days=1))
    begin = live.now
    live.tick()
    assert _due(live) == [begin + 40 * SECOND + LEAVES, begin + timedelta(days=4) + LEAVES]
    assert live.ticks.tick(begin + 40 * SECOND + LEAVES).changed == 1
    assert live.members("often") == 1


def test_what_comes_of_somebody_who_was_put_off_counts(live: Live) -> None:
    _views(live, "ann", WEEK - 30 * SECOND, timedelta(days=2), timedelta(days=1))
    live.tick()
    live.forget("ann@shop.example")
    live.tick()
    assert (live.members("often"), live.strays()) == (0, 0)


def test_so_many_are_looked_at_and_the_rest_when_they_are_due(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("patron.runtime.looking_ahead._MOST", 1)
    _views(live, "ann", WEEK - 30 * SECOND, timedelta(days=3), timedelta(days=2))
    _views(live, "bob", WEEK - 40 * SECOND, timedelta(days=3), timedelta(days=2))
    begin = live.now
    live.tick()
    assert _due(live) == [begin + 40 * SECOND + LEAVES, begin + timedelta(days=4) + LEAVES]
    assert live.ticks.tick(begin + 40 * SECOND + LEAVES).touched == 1
    assert (live.members("often"), live.strays()) == (2, 0)


def test_nobody_is_put_off_where_nothing_can_be_said_ahead(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where an expression needs the moment for rows that are about no customer."""

    def unable(*_: object) -> None:
        raise UnsupportedError("a moment of rows that are about no customer")

    monkeypatch.setattr(ArraysEngine, "tell_each", unable)
    _views(live, "ann", WEEK - 30 * SECOND, timedelta(days=3), timedelta(days=2))
    begin = live.now
    live.tick()
    assert _due(live) == [begin + 30 * SECOND + LEAVES]
    assert live.ticks.tick(begin + 30 * SECOND + LEAVES).touched == 1
    assert live.strays() == 0
