"""Shops of which everything is worked out beside ticks, held at a gate as long as a test wants."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.features.partials.last_events import OLD_EVENTS_TABLE
from patron.runtime.memberships import CURRENT, RECORDED
from patron.testing.inbox import MemoryInbox
from runtime.live import Live, definitions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


def copies(folder: Path) -> Callable[[], Live]:
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
    made = list[Live]()

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


@contextmanager
def gated(live: Live, gate: Gate) -> Iterator[Live]:
    """A shop of which every refresh is made beside ticks, and waits at the gate."""
    live.ticks.beside_from, live.ticks.progress = 0.0, gate
    try:
        yield live
    finally:
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


OLD_EVENTS = OLD_EVENTS_TABLE.name
_LAST_OF_OLD = f"""SELECT visitor_id, customer_id, max(last_event_at), max(last_visit_at), max(last_cart_at)
    FROM {OLD_EVENTS} GROUP BY visitor_id, customer_id ORDER BY ALL"""  # rows of one identifier may be several


def kept(live: Live) -> dict[str, list[Any]]:
    """All that a refresh makes and ticks keep true."""
    names = sorted(name for name in live.store.tables() if name.startswith("p_") or name in ALSO_KEPT)
    found = {name: live.store.execute(f'SELECT * FROM "{name}" ORDER BY ALL').fetchall() for name in names}
    return found | {OLD_EVENTS: live.store.execute(_LAST_OF_OLD).fetchall()}


def left_over(live: Live) -> set[str]:
    return {name for name in live.store.tables() if name.startswith("next_")}
