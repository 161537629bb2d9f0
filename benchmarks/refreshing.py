"""What is timed of a refresh, and of the floor beneath it: a plain hash aggregate per large table of the columns that a refresh reads.

Both find the file warm, in the memory of the operating system: how fast a cold disk is says nothing of either.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from benchmarks.shops import ENDS, LARGE, TINY, definitions
from patron.adapters.engines.duckdb import DuckDBEngine
from patron.features import plan
from patron.runtime import pipeline
from patron.segments.plan import Plan
from patron.testing.shops import made_up_facts, made_up_shop

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PIECE = 1 << 24


def refresh(path: str, memory_limit: str | None = None, stand: Sequence[str] = ()) -> float:
    """Seconds of a whole refresh: all features, scores and segments, kept; planning and compiling included.

    Args:
        path: of the shop.
        memory_limit: of the engine.
        stand: tables that a server has kept true.
    """
    _warm(Path(path))
    engine = DuckDBEngine(Path(path), threads=2, memory_limit=memory_limit)
    shipped, facts = definitions(), made_up_facts(engine, ENDS)
    began = perf_counter()
    pipeline.refresh(engine, shipped, facts, now=ENDS, progress=_unheard, stand=stand)
    took = perf_counter() - began
    engine.close()
    return took


def floor(path: str, needed: dict[str, list[str]]) -> float:
    """Seconds of one plain hash aggregate per large table by customer: texts are counted, of all else the largest is taken."""
    _warm(Path(path))
    engine = DuckDBEngine(Path(path), threads=2)
    began = perf_counter()
    for table, columns in needed.items():
        texts = {c.name for c in LARGE[table].columns if c.kind in {"text", "flag"}}
        values = ", ".join(f"{'count' if c in texts else 'max'}({c}) AS {c}" for c in columns)
        engine.execute(f"CREATE OR REPLACE TEMP TABLE floor AS SELECT customer_id, {values} FROM {table} GROUP BY customer_id")
    took = perf_counter() - began
    engine.close()
    return took


def needed_columns() -> dict[str, list[str]]:
    """The columns of the large tables that a refresh reads, as the engine's own plans say."""
    engine = made_up_shop(TINY, ends_at=ENDS)
    shipped, facts = definitions(), made_up_facts(engine, ENDS)
    found: dict[str, set[str]] = {name: set() for name in LARGE}
    for step in (*plan.partial_steps(shipped.catalog, facts), *Plan(shipped.segments, shipped.catalog, facts).steps()):
        if step.name.startswith("segment_"):
            _features_first(engine)
        explained = engine.execute(f"EXPLAIN (FORMAT JSON) {engine.sql(step.expression)}").fetchall()[0][1]
        for table, text in _scans(json.loads(explained)):
            if table in found:
                found[table] |= {c.name for c in LARGE[table].columns if re.search(rf"\b{c.name}\b", text)}
        engine.create(step.name, step.expression)
    return {table: sorted(columns - {"customer_id"}) for table, columns in found.items()}


def _warm(path: Path) -> None:
    """Read the file once, so that no run pays for the disk."""
    with path.open("rb") as file:
        while file.read(_PIECE):
            pass


def _features_first(engine: DuckDBEngine) -> None:
    """Segments read the table of features."""
    if pipeline.FEATURES not in engine.tables():
        pipeline.make_features(engine, definitions().catalog, made_up_facts(engine, ENDS), progress=_unheard)


def _scans(nodes: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """The tables that a plan scans, each with what is read of it and filtered by, as text."""
    for node in nodes:
        info = node["extra_info"]
        if "Table" in info:
            yield str(info["Table"]).rsplit(".", 1)[-1], f"{info.get('Projections', '')} {info.get('Filters', '')}"
        yield from _scans(node["children"])


def _unheard(done: int, total: int, what: str) -> None:
    del done, total, what
