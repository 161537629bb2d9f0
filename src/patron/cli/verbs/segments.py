"""`patron segments`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from patron.app.actions.segments import Segments, segments
from patron.cli.output import json_option, number, percent, show, table
from patron.cli.project import in_project

if TYPE_CHECKING:
    from rich.console import Console

    from patron.app.project import Project


@click.command("segments")
@click.option("--waiting", is_flag=True, help="Show also the segments that wait for facts.")
@click.option("--advice", is_flag=True, help="Show why each matters and what to do.")
@json_option
@in_project
def command(project: Project, *, waiting: bool, advice: bool, as_json: bool) -> None:
    """All segments: members, share, net revenue, margin, why they matter, what to do.

    \b
    Examples:
      patron segments
      patron segments --advice
      patron segments --json
    """
    found = segments(project)
    show(found, as_json=as_json, text=lambda c: _print(c, found, waiting=waiting, advice=advice))


def _print(console: Console, found: Segments, *, waiting: bool, advice: bool) -> None:
    ready = [s for s in found.segments if not s.waiting]
    sizes = [
        (s.definition.slug, s.definition.name, number(s.members), percent(s.share), s.net_revenue, s.margin or "unknown") for s in ready
    ]
    title = f"{len(ready)} segments of {found.customers:,} customers as of {found.as_of:%Y-%m-%d %H:%M} UTC"
    console.print(table(("segment", "name", "members", "share", "net revenue", "margin"), sizes, right=(2, 3, 4, 5), title=title))
    if advice:
        for s in ready:
            console.print(f"\n{s.definition.name}: {s.definition.meaning}\n  Why: {s.definition.why}\n  Do:  {s.definition.advice}")
    lacking = [s for s in found.segments if s.waiting]
    if lacking and waiting:
        rows = [(s.definition.slug, s.definition.name, "waiting for " + ", ".join(s.waiting)) for s in lacking]
        console.print(table(("segment", "name", ""), rows, title="\nNot told yet"))
    elif lacking:
        console.print(f"\n{len(lacking)} more wait for facts that the project does not hold yet; see them with --waiting.")
