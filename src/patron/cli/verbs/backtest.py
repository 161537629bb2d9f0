"""`patron backtest`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from patron.app.actions.backtesting import ORIGINS, Backtest, absentees, backtest, warnings
from patron.app.files import write_text
from patron.cli.output import json_option, progress, show, table
from patron.cli.project import in_project
from patron.web.backtest import page, past_rows, score_rows, segment_rows

if TYPE_CHECKING:
    from rich.console import Console

    from patron.app.project import Project


@click.command("backtest")
@click.option("--as-of", default="", help="Look back from this instant, such as 2011-12-10; else from now.")
@click.option("--origins", default=ORIGINS, show_default=True, type=click.IntRange(1, 24), help="How many days of the past to look from.")
@click.option("--horizon", type=click.IntRange(1, 730), help="How many days ahead to look from each; else as in patron.toml.")
@click.option("-o", "--output", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write a page (Markdown) to this file too.")
@click.option("--boosting", is_flag=True, help="Boosted trees take part too; they need patron[boosting].")
@json_option
@in_project
def command(project: Project, *, as_of: str, origins: int, horizon: int | None, file: Path | None, boosting: bool, as_json: bool) -> None:
    """What each model would have said on days of the shop's own past, which is best, why, and for whom it is not good.

    Nothing is changed; `patron predict` does the same before it predicts.

    \b
    Examples:
      patron backtest
      patron backtest --as-of 2011-12-10 --horizon 30 -o backtest.md
    """
    with progress(quiet=as_json) as told:
        done = backtest(project, as_of=as_of, origins=origins, horizon_days=horizon, boosting=boosting, progress=told)
    if file:
        write_text(file, page(done, project.shop.name))
    show(done, as_json=as_json, text=lambda c: _print(c, done, file))


def _print(console: Console, done: Backtest, file: Path | None) -> None:
    choice = done.choice
    console.print(table(*past_rows(choice), right=(1, 2, 3, 4), title=f"Looking {done.horizon_days} days ahead"))
    if choice.standings:
        title = "\nEach model, mean over the days; in brackets what chance alone does"
        console.print(table(*score_rows(choice), right=range(1, 9), title=title))
        console.print(table(*segment_rows(choice), right=range(1, 6), title=f"\nFor whom: orders expected by {choice.chosen} and made"))
    console.print(f"\n{choice.why}")
    for line in (*warnings(choice), *absentees(choice)):
        console.print(line)
    if file:
        console.print(f"Wrote {file}.")
