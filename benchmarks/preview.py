"""How long does a person wait for the size of a segment that is being written?"""

from __future__ import annotations

import statistics
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.harness import Case, Row
from benchmarks.shops import ENDS, TINY, WHOLE
from patron.adapters.made_up import Proportions
from patron.adapters.made_up import fill as made_up
from patron.app.actions.conditions import preview
from patron.app.actions.init import init
from patron.app.actions.refreshing import refresh
from patron.app.actions.segments import Paging
from patron.app.project import opened
from patron.runtime.clock import SystemClock

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.harness import Setting

FIVE_LEAVES = "order_count >= 3 and lateness > 2 and net_revenue > 100 and country == 'DE' and discount_share < 0.2"


def run(setting: Setting) -> list[Row]:
    """A condition with five leaves on a million customers, warm."""
    customers = TINY if setting.small else WHOLE
    folder = _project(setting.work, customers)
    (found,) = setting.measured(Case("preview", "benchmarks.preview:warm", {"folder": str(folder)}))
    bar = 0.3
    question = "preview of a condition with five leaves, warm"
    return [
        Row(
            question,
            customers,
            found.seconds,
            found.peak_mb,
            "the patience of a person: 0.3 s",
            found.seconds / bar,
            "at most 1.0 times",
            found.seconds < bar,
        )
    ]


def warm(folder: str) -> float:
    """Seconds of a preview when others went before it: members, money, a page of customers."""
    with opened(folder, SystemClock()) as project:
        seconds = []
        for _ in range(12):
            began = perf_counter()
            preview(project, FIVE_LEAVES, Paging())
            seconds.append(perf_counter() - began)
    return statistics.median(seconds[2:])


def _project(work: Path, customers: int) -> Path:
    """A project with a made-up, refreshed shop; few events, for they do not matter here."""
    folder = work / f"project-{customers}"
    if not folder.exists():
        init(folder, name="A made-up shop", currency="EUR", time_zone="Europe/Berlin", country="DE")
        with opened(str(folder), SystemClock()) as project:
            few = Proportions(messages=2, events=5)
            made_up(project.store, customers=customers, seed=1, ends_at=ENDS, currency=project.shop.currency, much=few)  # type: ignore[arg-type]
            refresh(project, as_of=ENDS.isoformat(), progress=_unheard)
    return folder


def _unheard(done: int, total: int, what: str) -> None:
    del done, total, what
