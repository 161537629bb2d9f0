"""What does a tick cost? Beside the full refresh whose answers it keeps true, and with ten times the history."""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import time
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from benchmarks.harness import Case, Row
from benchmarks.shop_order import delivery
from benchmarks.shops import ENDS, TINY, WHOLE, definitions, store
from patron.adapters.engines.arrays.engine import ArraysEngine
from patron.adapters.engines.duckdb import DuckDBEngine
from patron.kernel.errors import InvariantError
from patron.runtime import pipeline
from patron.runtime.due_times import DUE
from patron.runtime.renewing import clear, make, of_touched, recipe, rows_of
from patron.runtime.ticking import Ticks
from patron.runtime.touching import TOUCHED_ROWS
from patron.testing.inbox import MemoryInbox
from patron.testing.shops import made_up_facts

if TYPE_CHECKING:
    from datetime import datetime

    from benchmarks.harness import Setting

EVENTS, PEOPLE, MANY, NEW, WARM, COUNTED = 1_000, 200, 5_000, 10, 2, 5
_CPU_BAR, _SHARE_BAR, _GROWTH_BAR, _DUE_BAR = 0.4, 50, 1.3, 0.1


def run(setting: Setting) -> list[Row]:
    """Ticks of 1,000 events of 200 browsers, ten of them new, on a whole shop and on a tenth of it; and of five times as many."""
    whole, tenth = (TINY, TINY // 3) if setting.small else (WHOLE, WHOLE // 10)
    shop, smaller = (store(setting.work, count) for count in (whole, tenth))
    live, live_smaller = (str(path.with_name(f"live-{path.name}")) for path in (shop, smaller))
    setting.measured(
        Case("make a live shop", "benchmarks.live:make_live", {"path": str(shop), "live": live}),
        Case("make a live shop of a tenth", "benchmarks.live:make_live", {"path": str(smaller), "live": live_smaller}),
        rounds=1,
    )
    many = {"path": live, "events": MANY, "people": PEOPLE * MANY // EVENTS}
    tick, part, large, due, one = setting.measured(
        Case("tick", "benchmarks.live:tick", {"path": live}),
        Case("tick of a tenth", "benchmarks.live:tick", {"path": live_smaller}),
        Case("tick of many events, CPU", "benchmarks.live:tick", {**many, "first": 100, "clock": "process_time"}),
        Case("due times in it", "benchmarks.live:due_times", {**many, "first": 200}),
        Case("tick of an order, CPU", "benchmarks.live:order", {"path": live, "first": 300}),
        rounds=1,
    )
    for path in (live, live_smaller):
        Path(path).unlink()
    (full,) = setting.measured(Case("full refresh", "benchmarks.live:refresh", {"path": str(shop)}), rounds=1)
    share, growth, of_due = tick.seconds * _SHARE_BAR / full.seconds, tick.seconds / part.seconds, due.seconds / large.seconds
    return [
        Row("a tick of 1,000 events", EVENTS, tick.seconds, tick.peak_mb, f"a full refresh: {full.seconds:.1f} s", share / _SHARE_BAR,
            "at most 0.02 times", share <= 1),
        Row("a tick with ten times the history", EVENTS, tick.seconds, tick.peak_mb, f"a tenth: {part.seconds:.2f} s", growth,
            f"at most {_GROWTH_BAR} times", growth <= _GROWTH_BAR),
        Row("CPU of a tick of 5,000 events", MANY, large.seconds, large.peak_mb, f"bar {_CPU_BAR} CPU-seconds", large.seconds / _CPU_BAR,
            "at most 1.0 times", large.seconds <= _CPU_BAR),
        Row("CPU of due times in it", MANY, due.seconds, due.peak_mb, f"the whole tick: {large.seconds:.2f} s", of_due,
            f"at most {_DUE_BAR} times", of_due <= _DUE_BAR),
        Row("CPU of a tick of an order by webhook", 1, one.seconds, one.peak_mb, f"bar {_CPU_BAR} CPU-seconds", one.seconds / _CPU_BAR,
            "at most 1.0 times", one.seconds <= _CPU_BAR),
    ]  # fmt: skip


def make_live(path: str, live: str) -> float:
    """The seconds of the first tick, which works everything out and puts the rows of each customer together."""
    shutil.copyfile(path, live)
    engine, ticks, _ = _opened(live)
    began = perf_counter()
    ticks.tick(ENDS)
    took = perf_counter() - began
    engine.execute("CHECKPOINT")
    engine.close()
    return took


def tick(path: str, events: int = EVENTS, people: int = PEOPLE, first: int = 1, clock: str = "perf_counter") -> float:
    """The median seconds of a tick, after two that are not counted.

    Args:
        path: a live shop.
        events: in each tick.
        people: browsers that they come from.
        first: the seconds after the shop's end at which the first tick is made.
        clock: the function of `time` that tells seconds.
    """
    return statistics.median(_ticked(path, events, people, first, clock)[WARM:])


def due_times(path: str, events: int, people: int, first: int) -> float:
    """The median CPU-seconds that it takes to work out and to keep when those are due again whom a tick has looked at."""
    return statistics.median(_ticked(path, events, people, first, "process_time", of_due=True)[WARM:])


def order(path: str, first: int) -> float:
    """The median CPU-seconds of a tick in which a shop system tells of an order of somebody new."""
    engine, ticks, inbox = _opened(path)
    took = []
    for number in range(first, first + WARM + COUNTED):
        now = ENDS + timedelta(seconds=number)
        asyncio.run(inbox.append([_entry("shopify", now.isoformat(), delivery(number, now.isoformat()))]))
        began = time.process_time()
        ticks.tick(now)
        took.append(time.process_time() - began)
    engine.close()
    return statistics.median(took[WARM:])


def _ticked(path: str, events: int, people: int, first: int, clock: str, *, of_due: bool = False) -> list[float]:  # noqa: PLR0913
    engine, ticks, inbox = _opened(path)
    some = f"SELECT value FROM identifiers WHERE kind = 'anonymous_id' ORDER BY hash(value) LIMIT {people - NEW}"
    visitors, took, seconds = [v for (v,) in engine.execute(some).fetchall()], [], getattr(time, clock)
    for number in range(first, first + WARM + COUNTED):
        now = ENDS + timedelta(seconds=number)
        here = [*visitors, *(f"new/{number}/{i}" for i in range(NEW))]
        apart = timedelta(seconds=1) / events
        asyncio.run(inbox.append([_event(here, number, i, now - (events - i) * apart) for i in range(events)]))
        began = seconds()
        ticks.tick(now)
        took.append(seconds() - began)
        if of_due:
            took[-1] = _due_again(engine, now)
    engine.close()
    return took


def _due_again(engine: DuckDBEngine, now: datetime) -> float:
    """The CPU-seconds of due times alone, of the customers that the last tick has looked at."""
    few = ArraysEngine()
    few.tell(now)
    how = recipe(engine, definitions(), of_touched(made_up_facts(engine, now)), few)
    if how.by is None:
        raise InvariantError("Answers about few customers are left to the store.")
    with engine.transaction():
        how.by.take(engine, engine.query(TOUCHED_ROWS))
        make(few, how)
        began = time.process_time()
        few.make([how.due])
        engine.renew(DUE.name, rows_of(few, how.due), TOUCHED_ROWS)
        took = time.process_time() - began
        clear(few, how)
    return took


def _opened(path: str) -> tuple[DuckDBEngine, Ticks, MemoryInbox]:
    engine = DuckDBEngine(Path(path), threads=2)
    engine.save_memory()  # as a server does
    inbox = MemoryInbox()
    ticks = Ticks(engine, definitions(), lambda as_of: made_up_facts(engine, as_of), inbox, ArraysEngine())
    engine.execute("UPDATE ticks SET position = 0")  # the inbox is a new one
    return engine, ticks, inbox


def refresh(path: str) -> float:
    """The seconds of a full refresh, as a tick makes it."""
    copy = Path(path).with_name("live.duckdb")
    shutil.copyfile(path, copy)
    engine = DuckDBEngine(copy, threads=2)
    began = perf_counter()
    pipeline.refresh(engine, definitions(), made_up_facts(engine, ENDS), now=ENDS, progress=_silent, is_live=True)
    took = perf_counter() - began
    engine.close()
    copy.unlink()
    return took


def _silent(done: int, total: int, what: str) -> None:
    del done, total, what


def _event(visitors: list[str], tick_number: int, number: int, happened: datetime) -> bytes:
    at = happened.isoformat()
    record = {
        "type": "track", "event": "Product Viewed", "messageId": f"{tick_number}/{number}", "anonymousId": visitors[number % len(visitors)],
        "timestamp": at, "properties": {"product_id": f"p{number % 50}"},
    }  # fmt: skip
    return _entry("events", at, record)


def _entry(source: str, at: str, record: dict[str, Any]) -> bytes:
    """A record as the inbox keeps it."""
    return json.dumps({"source": source, "received_at": at, "record": record}).encode()
