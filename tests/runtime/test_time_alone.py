"""When nothing happens any more, every membership ends or begins at the very instant at which a recomputation finds it."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from patron.runtime.referee import strays
from runtime.live import BEGIN, SEGMENTS, Live, definitions

DAY, TICK = timedelta(days=1), timedelta(microseconds=1)


SEEN_AHEAD = {slug: where for slug, where in SEGMENTS.items() if slug != "came_back"}
"""Segments none of which asks who entered or left another: what becomes of customers is seen ahead."""


def _shop(segments: dict[str, str]) -> Live:
    """A few customers, of whom each will leave and enter segments for a long time."""
    live = Live(made=definitions(segments))
    for number, (who, ago) in enumerate(
        [("ann", 40), ("ann", 20), ("bob", 10), ("cat", 60), ("cat", 58), ("dan", 5), ("dan", 3), ("dan", 1)]
    ):
        live.order(f"o{number}", f"{who}@shop.example", 40 + 13 * number, ago=timedelta(days=ago, hours=number, seconds=7 * number))
    for number, who in enumerate(("ann", "bob", "eve")):
        live.identify(f"b-{who}", f"{who}@shop.example")
        live.event("Product Viewed", f"b-{who}", ago=timedelta(hours=number), product_id="p1")
        live.event("Product Added", f"b-{who}", ago=timedelta(minutes=5 + 50 * number), product_id="p1", price="9")
    live.tick()
    return live


def _pass(live: Live, days: int, *, since: int = 0) -> int:
    """Let days pass, from one instant at which there is something to do to the next; how many memberships changed between midnights."""
    rng, end, changed = np.random.default_rng(since), BEGIN + (since + days) * DAY, 0
    live.ticks.tick(BEGIN + since * DAY)
    while (wakes_at := live.ticks.wakes_at) is not None and wakes_at < end:
        _, before = live.ticks.reached
        assert before is not None
        minutes = int((wakes_at - before) / timedelta(minutes=1))
        between = before + timedelta(minutes=int(rng.integers(0, max(minutes, 1))))
        for instant in {between, wakes_at - TICK}:
            if instant > before:  # nothing has changed until then
                assert strays(live.store, live.made, live.hold(instant)) == 0, instant
        done = live.ticks.tick(wakes_at)
        assert strays(live.store, live.made, live.hold(wakes_at)) == 0, wakes_at
        changed += 0 if done.refreshed else done.changed
    return changed


@pytest.mark.parametrize("segments", [SEGMENTS, SEEN_AHEAD], ids=["asked for", "seen ahead"])
def test_windows_end_at_their_instants_for_a_day(segments: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("patron.runtime.ticking._AHEAD", DAY)
    assert _pass(_shop(segments), 1) > 1


@pytest.mark.slow
@pytest.mark.parametrize("since", range(0, 400, 25))
@pytest.mark.parametrize("segments", [SEGMENTS, SEEN_AHEAD], ids=["asked for", "seen ahead"])
def test_windows_end_at_their_instants_for_four_hundred_days(segments: dict[str, str], since: int) -> None:
    changed = _pass(_shop(segments), 25, since=since)
    assert changed > 10 or since  # of the first weeks; later parts are about instants at which nothing is missed
