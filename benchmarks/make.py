"""How long does it take to make up a shop?"""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.harness import Case, Row
from benchmarks.shops import ENDS, TINY, WHOLE
from patron.adapters.engines.duckdb import DuckDBEngine
from patron.adapters.made_up import fill
from patron.testing.shops import SHOP

if TYPE_CHECKING:
    from benchmarks.harness import Setting


def run(setting: Setting) -> list[Row]:
    """A shop of a million customers."""
    customers = TINY if setting.small else WHOLE
    path = setting.work / "made.duckdb"
    (made,) = setting.measured(Case("make up a shop", "benchmarks.make:shop", {"path": str(path), "customers": customers}), rounds=1)
    bar = 120.0
    question = f"make up a shop of {customers:,} customers"
    return [
        Row(
            question,
            140 * customers,
            made.seconds,
            made.peak_mb,
            "two minutes",
            made.seconds / bar,
            "at most 1.0 times",
            made.seconds < bar,
        )
    ]


def shop(path: str, customers: int) -> float:
    """Seconds until all facts are in a file."""
    store = DuckDBEngine(Path(path), threads=2)
    began = perf_counter()
    fill(store, customers=customers, seed=1, ends_at=ENDS, currency=SHOP.currency)
    took = perf_counter() - began
    store.close()
    Path(path).unlink()
    return took
