"""What is kept of events of long ago stands from one refresh of the live path to the next, and is worked out anew before it is too old."""

from __future__ import annotations

from datetime import timedelta

import pytest

from patron.runtime.basis import kept_basis
from patron.runtime.reached import outdate
from runtime.beside import waited
from runtime.live import BEGIN, Live, definitions

DAY = timedelta(days=1)
_GONE = {"gone": "days_since_last_visit > 150", "here": 'happened("product_viewed", last="7 days")'}


@pytest.fixture(params=["in a tick", "beside ticks"])
def live(request: pytest.FixtureRequest) -> Live:
    live = Live(made=definitions(_GONE))
    live.event("Product Viewed", "ann", ago=120 * DAY)
    live.event("Product Viewed", "bob", ago=200 * DAY)
    live.event("Product Viewed", "cleo", ago=DAY)
    for who in ("ann", "bob", "cleo"):
        live.identify(who, f"{who}@shop.example")
    live.tick()
    if request.param == "beside ticks":
        live.ticks.beside_from = 0.0
    return live


def _refreshed(live: Live, *, after: timedelta) -> None:
    """Let time pass until a full refresh has taken place."""
    done = live.tick(after=after)
    while not done.refreshed:
        assert waited(lambda: not live.ticks.is_refreshing_beside)
        done = live.tick()


def _looked_at_all(live: Live) -> timedelta:
    """Since when what is kept stands."""
    basis = kept_basis(live.store)
    assert basis is not None
    return basis.old_events_at - BEGIN


def test_it_stands_for_half_of_the_time_that_it_could(live: Live) -> None:
    first = _looked_at_all(live)
    for _ in range(3):
        _refreshed(live, after=14 * DAY)
        assert (_looked_at_all(live), live.strays()) == (first, 0)
    _refreshed(live, after=14 * DAY)
    assert _looked_at_all(live) > 50 * DAY
    assert (live.strays(), live.members("gone")) == (0, 2)
    live.ticks.close()


def test_events_that_come_late_are_kept_though_it_is_not_made_anew(live: Live) -> None:
    live.event("Product Viewed", "bob", ago=140 * DAY)
    live.tick()
    _refreshed(live, after=DAY)
    assert (live.members("gone"), live.strays()) == (0, 0)
    _refreshed(live, after=10 * DAY)
    assert (live.members("gone"), live.strays()) == (1, 0)
    live.ticks.close()


def test_it_is_made_anew_when_facts_came_by_another_way(live: Live) -> None:
    first = _looked_at_all(live)
    outdate(live.store)
    live.tick(after=DAY)
    assert _looked_at_all(live) > first
    live.ticks.close()
