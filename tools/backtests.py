"""Writes the back-tests of public shops into `docs/reference/backtests/`, by the commands that anybody runs on their own.

Run as `python -m tools.backtests` with the data sets in `../shared/data`; Online Retail ships with Patron.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from patron.app.actions.demo import example
from patron.cli.main import run

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
PAGES = ROOT / "docs" / "reference" / "backtests"


@dataclass(frozen=True, slots=True)
class Shop:
    """A public shop: its name, file and how to read it, and the day from which to look back."""

    slug: str
    name: str
    source: str
    file: Path
    settings: tuple[str, ...]
    as_of: str


def shops(folder: Path) -> tuple[Shop, ...]:
    """The shops; files that need a header first are written to a folder."""
    return (
        Shop("cdnow", "CDNOW, one customer in ten", "orders", _cdnow(folder), ("--currency", "USD", "--country", "US"), "1998-07-01"),
        Shop(
            "online-retail", "Online Retail", "lines", example("online_retail/online_retail.parquet"),
            ("--currency", "GBP", "--country", "GB", "--time-zone", "Europe/London"), "2011-12-10",
        ),
        Shop(
            "complete-journey", "The Complete Journey", "lines", DATA / "complete_journey" / "transactions.parquet",
            ("--currency", "USD", "--country", "US", "--time-zone", "America/New_York"), "2018-01-01",
        ),
    )  # fmt: skip


def main() -> int:
    """Write every page; the exit code of the first command that fails."""
    PAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for shop in shops(folder):
            project = str(folder / shop.slug)
            for command in (
                ["init", project, "--name", shop.name, *shop.settings],
                ["--project", project, "load", shop.source, str(shop.file)],
                ["--project", project, "backtest", "--as-of", shop.as_of, "-o", str(PAGES / f"{shop.slug}.md")],
            ):
                code = run(command)
                if code:
                    return code
    return 0


def _cdnow(folder: Path) -> Path:
    """The file of the papers, with a header and a number for each order."""
    rows = [line.split() for line in (DATA / "cdnow_sample" / "CDNOW_sample.txt").read_text(encoding="ascii").splitlines()]
    lines = [f"{n},{r[0]},{r[2][:4]}-{r[2][4:6]}-{r[2][6:]},{r[4]}" for n, r in enumerate(rows, 1)]
    file = folder / "cdnow.csv"
    file.write_text("\n".join(["order id,customer id,date,total", *lines, ""]), encoding="utf-8")
    return file


if __name__ == "__main__":
    sys.exit(main())
