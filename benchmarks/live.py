"""What does a tick cost? Beside the full refresh whose answers it keeps true, and with ten times the history."""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.harness import Case, Row
from benchmarks.shops import ENDS, TINY, WHOLE, definitions, store
from patron.adapters.engines.arrays.engine import ArraysEngine
from patron.adapters.engines.duckdb import DuckDBEngine
from patron.runtime import pipeline
from patron.runtime.ticking import Ticks
from patron.testing.inbox import MemoryInbox
from patron.testing.shops import made_up_facts

if TYPE_CHECKING:
    from datetime import datetime

    from benchmarks.harness import Setting

EVENTS, PEOPLE, NEW, WARM, COUNTED = 1_000, 200, 10, 2, 5


def run(setting: Setting) -> list[Row]:
    """Ticks of a second each with 1,000 events of 200 browsers, ten of them never seen before, on a whole shop and on a tenth of it."""
    whole, tenth = (TINY, TINY // 3) if setting.small else (WHOLE, WHOLE // 10)
    near = store(setting.work, whole)
    tick, part, full = setting.measured(
        Case("tick", "benchmarks.live:tick", {"path": str(near)}),
        Case("tick of a tenth", "benchmarks.live:tick", {"path": str(store(setting.work, tenth))}),
        Case("full refresh", "benchmarks.live:refresh", {"path": str(near)}),
        rounds=1,
    )
    share, growth = tick.seconds * 50 / full.seconds, tick.seconds / part.seconds
    beside = f"a full refresh: {full.seconds:.1f} s"
    return [
        Row("a tick of 1,000 events", EVENTS, tick.seconds, tick.peak_mb, beside, share / 50, "at most 0.02 times", share <= 1),
        Row("a tick with ten times the history", EVENTS, tick.seconds, tick.peak_mb, f"a tenth: {part.seconds:.2f} s", growth,
            "at most 1.3 times", growth <= 1.3),
    ]  # fmt: skip


def tick(path: str) -> float:
    """The median seconds of a tick, after two that are not counted."""
    copy = Path(path).with_name("live.duckdb")
    shutil.copyfile(path, copy)
    engine = DuckDBEngine(copy, threads=2)
    engine.save_memory()  # as a server does
    inbox = MemoryInbox()
    ticks = Ticks(engine, definitions(), lambda as_of: made_up_facts(engine, as_of), inbox, ArraysEngine())
    ticks.tick(ENDS)
    some = f"SELECT value FROM identifiers WHERE kind = 'anonymous_id' ORDER BY hash(value) LIMIT {PEOPLE - NEW}"
    visitors = [v for (v,) in engine.execute(some).fetchall()]
    took = []
    for number in range(1, WARM + COUNTED + 1):
        now = ENDS + timedelta(seconds=number)
        here = [*visitors, *(f"new/{number}/{i}" for i in range(NEW))]
        asyncio.run(inbox.append([_event(here, number, i, now - timedelta(milliseconds=EVENTS - i)) for i in range(EVENTS)]))
        began = perf_counter()
        ticks.tick(now)
        took.append(perf_counter() - began)
    engine.close()
    copy.unlink()
    return statistics.median(took[WARM:])


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
    return json.dumps({"source": "events", "received_at": at, "record": record}).encode()
