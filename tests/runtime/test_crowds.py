"""Very many of something: names of events, events of one person, people at one device. Nothing is merged, lost, or grows without bound."""

from __future__ import annotations

import asyncio
import json
import resource
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from runtime.live import Live

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

_A_TICK = 50_000
_MEGABYTE = 1 << 10  # of what `getrusage` counts in


def _told(live: Live, calls: Iterator[dict[str, object]]) -> None:
    """Let calls come, and ticks make facts of them."""
    entries = (
        {
            "source": "events",
            "received_at": live.now.isoformat(),
            "record": {"type": "track", "timestamp": live.now.isoformat(), "properties": {}, **call},
        }
        for call in calls
    )
    while some := [json.dumps(entry).encode() for entry in islice(entries, _A_TICK)]:
        asyncio.run(live.inbox.append(some))
    while live.ticks.reached[0] < live.inbox.last:
        live.ticks.tick(live.now, most=_A_TICK)


def _count(live: Live, what: str) -> int:
    return int(live.store.execute(f"SELECT {what}").fetchall()[0][0])


@pytest.fixture
def live() -> Live:
    live = Live()
    live.order("o1", "ann@shop.example", 10)
    live.identify("browser-ann", "ann@shop.example")
    live.event("Product Viewed", "browser-ann")
    live.tick()
    return live


def test_a_million_names_of_events_are_a_million_events(live: Live) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _told(live, ({"event": f"Name {n}", "messageId": f"m{n}", "anonymousId": f"v{n % 1_000}"} for n in range(1_000_000)))
    assert _count(live, "count(DISTINCT kind) FROM events") == 1_000_001
    assert live.strays() == 0
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 3_000 * _MEGABYTE


def test_a_million_events_of_one_customer_count(live: Live) -> None:
    _told(live, ({"event": "Product Viewed", "messageId": f"m{n}", "anonymousId": "browser-ann"} for n in range(1_000_000)))
    assert _count(live, "count(*) FROM events WHERE customer_id IS NOT NULL") == 1_000_001
    assert live.members("viewed_lately") == 1
    assert live.strays() == 0


def test_ten_thousand_people_at_one_device_stay_ten_thousand(live: Live) -> None:
    people: Iterator[dict[str, object]] = (
        {"type": "identify", "messageId": f"i{n}", "anonymousId": "tablet", "userId": f"u{n}", "traits": {"email": f"p{n}@shop.example"}}
        for n in range(10_000)
    )
    _told(live, people)
    assert _count(live, "count(*) FROM customers") == 10_001
    assert _count(live, "count(*) FROM merges") == 0
    assert live.strays() == 0
