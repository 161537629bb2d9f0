"""The shops that benchmarks run on: made once per run and kept in the work folder."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.adapters.made_up import Proportions
from patron.app.definitions import read_definitions
from patron.facts import tables as t
from patron.features.partials.last_events import OLD_EVENTS, OLD_EVENTS_TABLE
from patron.features.settings import DEFAULTS
from patron.runtime.layout import LAYOUT, gather
from patron.testing.shops import made_up_facts, made_up_shop

if TYPE_CHECKING:
    from patron.runtime.pipeline import Definitions

ENDS = datetime(2026, 1, 1, tzinfo=UTC)
WHOLE, THIRD, TWENTIETH = 1_000_000, 333_333, 50_000
TINY = 300
_TIMES = {"events": "occurred_at", "messages": "sent_at", "orders": "ordered_at", "order_lines": "ordered_at"}
LARGE = {table.name: table for table in t.FACTS if table.name in _TIMES}


def definitions() -> Definitions:
    """All features and segments that ship with Patron."""
    return read_definitions(Path("no-project"), DEFAULTS)


def store(work: Path, customers: int) -> Path:
    """A file with a made-up shop: per customer 5 orders, 15 lines, 20 messages and 100 events, in the order of time."""
    path = store_path(work, customers)
    if not path.exists():
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        filled = made_up_shop(customers, ends_at=ENDS, much=Proportions(), path=part)
        filled.execute("CHECKPOINT")
        filled.close()
        part.rename(path)
    return path


def store_path(work: Path, customers: int) -> Path:
    """Where the shop of so many customers is kept."""
    return work / f"shop-{customers}.duckdb"


def clustered(work: Path, customers: int) -> Path:
    """The same shop as a server of millions keeps it: each customer's rows together, and the last events of long ago as of yesterday."""
    path = work / f"clustered-{customers}.duckdb"
    if not path.exists():
        part = path.with_suffix(".part")
        shutil.copyfile(store(work, customers), part)
        engine = DuckDBEngine(part, threads=2)
        engine.declare(LAYOUT)
        for table in LARGE.values():
            gather(engine, table, now=ENDS)
        engine.create(OLD_EVENTS_TABLE.name, OLD_EVENTS.expression(made_up_facts(engine, ENDS - timedelta(days=1))))
        engine.execute("CHECKPOINT")
        engine.close()
        part.rename(path)
    return path


def rows_of(path: Path) -> int:
    """Orders, lines, messages and events together."""
    engine = DuckDBEngine(path, threads=2)
    counts = [engine.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0] for name in _TIMES]
    engine.close()
    return int(sum(counts))
