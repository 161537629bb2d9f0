"""How long does it take to make up a shop?"""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.harness import Case, Row
from benchmarks.shops import ENDS, TINY, WHOLE, rows_of, store_path
from patron.adapters.made_up import Proportions
from patron.testing.shops import made_up_shop

if TYPE_CHECKING:
    from benchmarks.harness import Setting


def run(setting: Setting) -> list[Row]:
    """A shop of a million customers; it stays for the refresh."""
    customers = TINY if setting.small else WHOLE
    path = store_path(setting.work, customers)
    (made,) = setting.measured(Case("make up a shop", "benchmarks.make:shop", {"path": str(path), "customers": customers}), rounds=1)
    bar = 120.0
    question = f"make up a shop of {customers:,} customers"
    ratio = made.seconds / bar
    return [Row(question, rows_of(path), made.seconds, made.peak_mb, "two minutes", ratio, "at most 1.0 times", ratio <= 1)]


def shop(path: str, customers: int) -> float:
    """Seconds until all facts are in a file."""
    Path(path).unlink(missing_ok=True)
    began = perf_counter()
    made_up_shop(customers, ends_at=ENDS, much=Proportions(), path=Path(path)).close()
    return perf_counter() - began
