"""Who enters or leaves a segment by time alone was seen ahead: the tick of that instant keeps what was seen, as long as it holds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from patron.adapters.engines.arrays.engine import ArraysEngine
from patron.runtime.pipeline import FEATURES
from runtime.live import Live, definitions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patron.kernel.steps import Step

SECOND, WEEK = timedelta(seconds=1), timedelta(days=7)
LEAVES = timedelta(microseconds=1)
_SEGMENTS = {
    "often": 'happened("product_viewed", last="7 days") >= 2',
    "once": 'happened("product_viewed", last="7 days") == 1',
    "worth": "net_revenue_90d >= 100",
}


class _Works:
    """Counts what engines of arrays make."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count, self._make = 0, ArraysEngine.make
        works = self

        def counted(engine: ArraysEngine, steps: Sequence[Step]) -> None:
            works.count += 1
            works._make(engine, steps)

        monkeypatch.setattr(ArraysEngine, "make", counted)


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch) -> _Works:
    return _Works(monkeypatch)


def _live(segments: dict[str, str], next_in: timedelta = 40 * SECOND) -> tuple[Live, datetime]:
    """Ann will leave `often` in half a minute and `once` in forty seconds, which was seen; and when the former is."""
    live = Live(made=definitions(segments))
    for who in ("ann", "bob"):
        live.identify(who, f"{who}@shop.example")
        live.event("Page Viewed", who)
    live.line("o1", "ann@shop.example", "p1", 50)
    live.tick()
    leaves = live.now + 30 * SECOND + LEAVES
    for ago in (WEEK - 30 * SECOND, WEEK - next_in):
        live.event("Product Viewed", "ann", ago=ago)
    live.event("Product Viewed", "bob", ago=WEEK - 2 * SECOND)
    live.tick(after=SECOND)
    assert (live.members("often"), live.members("once")) == (1, 1)
    live.now += SECOND + LEAVES
    assert live.ticks.tick(live.now).changed == 1  # Bob has left
    return live, leaves


@pytest.fixture
def seen() -> tuple[Live, datetime]:
    return _live(_SEGMENTS)


def _features(live: Live) -> list[tuple[object, ...]]:
    return live.store.execute(f"SELECT * FROM {live.store._kept}.{FEATURES} ORDER BY ALL").fetchall()


def _at(live: Live, instant: datetime) -> int:
    """A tick; how many memberships changed."""
    live.now = instant
    changed = live.ticks.tick(instant).changed
    assert live.strays() == 0
    return changed


def test_the_tick_of_the_instant_works_nothing_out(seen: tuple[Live, datetime], works: _Works) -> None:
    live, leaves = seen
    assert live.ticks.wakes_at == leaves
    assert _at(live, leaves) == 2
    assert _at(live, leaves + 10 * SECOND) == 1
    assert works.count == 0
    assert [change[1:3] for change in live.changes()[-3:]] == [("often", "left"), ("once", "entered"), ("once", "left")]
    assert live.ticks.tick(live.now + 200 * SECOND).touched == 0


def test_features_are_those_of_the_instant(seen: tuple[Live, datetime]) -> None:
    live, leaves = seen
    _at(live, leaves)
    kept = _features(live)
    live.ticks.forget()  # and with it what was seen
    live.identify("ann", "ann@shop.example")
    live.tick(after=LEAVES)
    assert _features(live) == kept


def test_what_comes_of_somebody_takes_the_place_of_what_was_seen(seen: tuple[Live, datetime], works: _Works) -> None:
    live, leaves = seen
    live.event("Product Viewed", "ann")
    live.tick()
    works.count = 0
    assert _at(live, leaves) == 0
    assert _at(live, leaves + 10 * SECOND) == 2
    assert works.count > 0
    assert (live.members("often"), live.members("once")) == (0, 1)


def test_what_comes_of_others_leaves_it_in_place(seen: tuple[Live, datetime], works: _Works) -> None:
    live, leaves = seen
    live.event("Product Viewed", "bob")
    live.tick()
    works.count = 0
    assert _at(live, leaves) == 2
    assert works.count == 0


def test_what_comes_of_the_shop_voids_it(seen: tuple[Live, datetime], works: _Works) -> None:
    live, leaves = seen
    live.line("o2", "bob@shop.example", "p1", 120)
    live.tick()
    works.count = 0
    assert _at(live, leaves) == 2
    assert works.count > 0


def test_a_tick_that_comes_late_works_it_out(seen: tuple[Live, datetime], works: _Works) -> None:
    live, leaves = seen
    assert _at(live, leaves + 2 * SECOND) == 2
    assert works.count > 0


def test_a_tick_after_the_next_change_as_well_goes_by_the_last() -> None:
    live, leaves = _live(_SEGMENTS, next_in=30.5 * SECOND)
    assert _at(live, leaves + SECOND) == 1
    assert (live.members("often"), live.members("once")) == (0, 0)
    assert [change[1:3] for change in live.changes()[-1:]] == [("often", "left")]


def test_after_a_tick_that_failed_it_is_worked_out(seen: tuple[Live, datetime], works: _Works, monkeypatch: pytest.MonkeyPatch) -> None:
    live, leaves = seen
    with monkeypatch.context() as broken:
        broken.setattr("patron.runtime.ticking.reach", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            live.ticks.tick(leaves)
    assert _at(live, leaves) == 2
    assert works.count > 0


def test_it_is_worked_out_where_others_ask_for_who_has_left(works: _Works) -> None:
    live, leaves = _live(_SEGMENTS | {"lost": 'left("often", last="1 minute")'})
    works.count = 0
    _at(live, leaves)
    assert works.count > 0
    _at(live, leaves + LEAVES)
    assert live.members("lost") == 1
