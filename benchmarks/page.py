"""The page of figures: kept as JSON beside the benchmarks, written as a page of the reference."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.harness import Row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FIGURES = Path(__file__).with_name("figures.json")
PAGE = Path(__file__).parents[1] / "docs" / "reference" / "speed.md"

_HEAD = """# Speed

What Patron needs in time and memory, each figure beside a named floor or rival that ran in the same minutes on the same machine. Seconds
depend on the machine; the ratios are what is promised.

Machine: {machine}. Every run is a process of its own, the cases of a question take turns, and the figures are medians.

The made-up shop has, for each customer, 5 orders with 15 lines, 20 messages and 100 events on the site: three years of them, in the
order of time. A few customers are far more active than the rest, and one of them made every hundredth event.

| what | rows read | seconds | rows a second | memory | beside | ratio | bar | kept | measured |
|---|---|---|---|---|---|---|---|---|---|
"""
_TAIL = """
## What is compared

- **Refresh** works out every feature, score and segment that ships, and keeps them. The floor is one plain hash aggregate per large table
  (orders, lines, messages, events) by customer, over the columns that the features read: what any engine must at least do. Both find the
  file in the memory of the operating system, so no figure has a cold disk in it.
- **Clustered** means the layout that a server keeps: the rows of a customer stand together in the tables, events of more than half a
  year ago apart from the others, and the last of those events are kept by visitor, as of the day before. What has come since lies behind
  them in the order of arrival. Ticks are measured on what a server has made of a shop that came in the order of arrival.
- **pandas** computes the named features from the same Parquet files, with the same answers: the tests compare every cell.
- **Spark** runs the same expressions on the same files: a master and two workers with one core each on the same machine, timed once the
  workers are there. The benchmark counts the cells that differ.
- **Load** is compared with the engine reading the same file into one typed table: no ids, no people, no check of any row.
  Writing the finished rows of orders and lines, with nothing worked out, takes longer than the typed table by itself.
- **Predict** fits models of orders, of leaving, of spend and of gaps, and asks them about every customer; the floor is the engine's
  own part of it. The rows of orders and their gaps, which every refresh makes, are there already, both are warm, and no back-test is in it.
- **Purchase models** are fitted to, and asked about, the same arrays as lifetimes, in whole days; both are warm, grouping included.
- **Collect** sends events over 32 connections to a server of its own process; the seconds are those of its processors, and what is answered
  is on disk. Its floor is the same server that answers without keeping anything.
- **Ticks** take up 1,000 events of the second before, of 200 browsers chosen at random, ten of which were never seen; or five times as many
  of 1,000 browsers. Due times are those of the same customers, worked out and kept once more.
- **Served** shops are asked from outside: `patron serve` in a process of its own, sent events at a steady rate by another one on the same
  processors. From sending an event to seeing that memberships are those after it, looked at every 30 ms; the windows are those of customers
  who leave a segment a minute after their last view while others come, looked at every 100 ms. An idle server is one to which nothing comes
  for ten minutes, after all of these windows have ended.
- **Preview** counts the members, adds up their money and lists a page of them.

## Measure it yourself

```text
make bench                            # everything: half an hour, about 15 GB of temporary files, Java 17 for Spark
.venv/bin/python -m benchmarks refresh preview
.venv/bin/python -m benchmarks --small
```

Each benchmark is a short script in `benchmarks/`; quick variants of all of them run in the tests.
"""


def kept() -> dict[str, dict[str, object]]:
    """The figures so far: per benchmark its date, machine and rows."""
    if not FIGURES.exists():
        return {}
    read: dict[str, dict[str, object]] = json.loads(FIGURES.read_text(encoding="utf-8"))
    return read


def keep(name: str, rows: Sequence[Row], machine: str) -> None:
    """Replace the figures of one benchmark, and write the page."""
    figures = kept()
    figures[name] = {"on": datetime.now(UTC).date().isoformat(), "machine": machine, "rows": [asdict(r) for r in rows]}
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(written(figures), encoding="utf-8")


def written(figures: Mapping[str, Mapping[str, object]]) -> str:
    """The page for these figures."""
    machines = sorted({str(f["machine"]) for f in figures.values()})
    lines = [_line(Row(**row), str(found["on"])) for found in figures.values() for row in found["rows"]]  # type: ignore[attr-defined]
    return _HEAD.format(machine="; ".join(machines)) + "\n".join(lines) + "\n" + _TAIL


def _line(row: Row, on: str) -> str:
    speed = f"{row.rows / row.seconds:,.0f}" if row.rows and row.seconds else ""
    memory = f"{row.peak_mb:,} MB" if row.peak_mb else ""
    is_met = {True: "yes", False: "**no**", None: ""}[row.is_met]
    cells = (
        row.question,
        f"{row.rows:,}" if row.rows else "",
        f"{row.seconds:.2f}",
        speed,
        memory,
        row.beside,
        f"{row.ratio:.2f}",
        row.bar,
        is_met,
        on,
    )
    return "| " + " | ".join(cells) + " |"
