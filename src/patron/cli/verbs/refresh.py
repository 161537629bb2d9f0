"""`patron refresh`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from patron.app.actions.refreshing import Refreshed, refresh
from patron.cli.output import json_option, progress, show
from patron.cli.project import in_project

if TYPE_CHECKING:
    from rich.console import Console

    from patron.app.project import Project


@click.command("refresh")
@click.option("--as-of", default="", help="The instant that the answers are for, such as 2011-12-10; else now.")
@json_option
@in_project
def command(project: Project, *, as_of: str, as_json: bool) -> None:
    """Work out features, scores and segments as of an instant.

    \b
    Examples:
      patron refresh
      patron refresh --as-of 2011-12-10
    """
    with progress(quiet=as_json) as told:
        done = refresh(project, as_of=as_of, progress=told)
    show(done, as_json=as_json, text=lambda c: _print(c, done))


def _print(console: Console, done: Refreshed) -> None:
    waiting = f", {done.waiting} more wait for facts" if done.waiting else ""
    console.print(
        f"As of {done.as_of:%Y-%m-%d %H:%M} UTC: {done.customers:,} customers, {done.features} features, {done.segments} segments{waiting}."
    )
    if done.changed:
        console.print(f"{done.changed:,} memberships changed since the last refresh.")
    if not done.recorded:
        console.print("This looks back before the last refresh, so the history of memberships is left as it is.")
    for note in done.notes:
        console.print(note)
    console.print("Next: patron segments, patron report -o report.html")
