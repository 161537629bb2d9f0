"""`patron demo`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from patron.app.actions.demo import Shown, made_up_shop, real_shop
from patron.app.actions.reporting import report
from patron.app.files import write_text
from patron.app.project import opened
from patron.cli.output import json_option, progress, show
from patron.runtime.clock import SystemClock
from patron.web.local import serve
from patron.web.report.page import render

if TYPE_CHECKING:
    from rich.console import Console


@click.command("demo")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path("patron-demo"))
@click.option("--made-up", is_flag=True, help="Make up a shop instead of showing a real one.")
@click.option("--customers", default=10_000, show_default=True, type=click.IntRange(1), help="How many customers to make up.")
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same shop.")
@click.option("--page/--no-page", default=True, help="Show the report on a local page when done.")
@click.option("--port", default=0, help="The port of the local page; 0 for any that is free.")
@json_option
def command(folder: Path, *, made_up: bool, customers: int, seed: int, page: bool, port: int, as_json: bool) -> None:
    """Show Patron with a year of a real gift shop's orders, or with a made-up shop of any size.

    \b
    Examples:
      patron demo
      patron demo big-shop --made-up --customers 100000 --seed 7
    """
    clock = SystemClock()
    with progress(quiet=as_json) as told:
        if made_up:
            done = made_up_shop(folder, clock, customers=customers, seed=seed, progress=told)
        else:
            done = real_shop(folder, clock, progress=told)
        with opened(str(folder), clock) as project:
            html = render(report(project, progress=told))
    write_text(folder / "report.html", html)
    show(done, as_json=as_json, text=lambda c: _print(c, done))
    if page and not as_json:
        serve(html, port=port)


def _print(console: Console, done: Shown) -> None:
    r = done.refreshed
    console.print(
        f"{done.folder}: {r.customers:,} customers, {r.segments} segments as of {r.as_of:%Y-%m-%d}. The report: {done.folder}/report.html."
    )
    console.print(f"Look around: cd {done.folder}, then patron segments, patron customers, patron features.")
