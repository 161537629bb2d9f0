"""A process that takes events and ticks until it is killed; it tells the number of each event once that is acknowledged.

Such processes are born of one that has everything imported and has once done what they will do, so that they lose no time on it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING

from patron.adapters.engines.arrays.engine import ArraysEngine
from patron.adapters.engines.duckdb import DuckDBEngine
from patron.adapters.inbox.segments import Segments
from patron.facts import tables as t
from patron.facts.as_of import Facts
from patron.runtime.clock import SystemClock
from patron.runtime.reached import reached
from patron.runtime.ticking import Ticks
from runtime.live import SEGMENTS, SHOP, definitions

if TYPE_CHECKING:
    from datetime import datetime

CLOCK = SystemClock()
MADE = [definitions(), definitions({**SEGMENTS, "viewers": 'happened("product_viewed", last="1 hour")'})]
"""What is worked out, in turn."""


def opened(folder: Path) -> tuple[DuckDBEngine, Segments, Ticks]:
    """The store, the inbox and the ticks of a folder."""
    store = DuckDBEngine(folder / "store.duckdb", threads=1)
    for table in (*t.FACTS, *t.LEDGER):
        store.declare(table)
    inbox = Segments(folder / "inbox", applied=reached(store)[0])

    def hold(as_of: datetime) -> Facts:
        return Facts(SHOP, as_of, frozenset(f.name for f in t.FACTS if store.query(f.unbound().limit(1)).num_rows))

    return store, inbox, Ticks(store, MADE[0], hold, inbox, ArraysEngine())


def event(number: int) -> bytes:
    """An event of one of five browsers."""
    at = CLOCK.now().isoformat()
    record = {
        "type": "track", "event": "Product Viewed", "messageId": f"m{number}", "anonymousId": f"b{number % 5}", "timestamp": at,
        "context": {"traits": {"email": f"p{number % 5}@shop.example"}}, "properties": {"product_id": "p1"},
    }  # fmt: skip
    return json.dumps({"source": "events", "received_at": at, "record": record}).encode()


async def _send(inbox: Segments, number: int) -> None:
    while True:
        await inbox.append([event(number)])
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        number += 1
        await asyncio.sleep(0.02)


def live(folder: Path, first: int) -> None:
    """Take events from a number on, and tick, without end."""
    store, inbox, ticks = opened(folder)
    Thread(target=lambda: asyncio.run(_send(inbox, first)), daemon=True).start()
    for number in range(1_000_000):
        _tick(store, ticks, number)


def _tick(store: DuckDBEngine, ticks: Ticks, number: int) -> None:
    if number % 3 == 2:
        ticks.define(MADE[number // 3 % 2])
    ticks.tick(CLOCK.now())
    if number % 2:
        store.execute("CHECKPOINT")


def give_birth() -> None:
    """For each line of a folder and a number, a process that lives in the folder from that number on; its id is told first, its end last."""
    with TemporaryDirectory() as folder:
        store, inbox, ticks = opened(Path(folder))
        for number in range(6):
            asyncio.run(inbox.append([event(number)]))
            _tick(store, ticks, number)
        inbox.close()
        store.close()
    for line in sys.stdin:
        folder, _, first = line.rpartition(" ")
        born = os.fork()
        if not born:
            live(Path(folder), int(first))
        sys.stdout.write(f"{born}\n")
        sys.stdout.flush()
        os.waitpid(born, 0)
        sys.stdout.write("gone\n")
        sys.stdout.flush()


if __name__ == "__main__":
    give_birth()
