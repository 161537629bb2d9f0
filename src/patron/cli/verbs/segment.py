"""`patron segment`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from patron.app.actions.exporting import export_members
from patron.app.actions.segments import Paging, segment
from patron.cli.members import print_members
from patron.cli.output import json_option, show
from patron.cli.project import in_project

if TYPE_CHECKING:
    from patron.app.project import Project


@click.command("segment")
@click.argument("slug")
@click.option("--csv", type=click.Path(path_type=Path, dir_okay=False), help="Write all members with all features to a CSV file.")
@click.option("--limit", default=20, show_default=True, help="How many to show.")
@click.option("--offset", default=0, help="How many to pass over first.")
@click.option("--sort", default="-net_revenue", show_default=True, help="A feature; with - before it, the greatest first.")
@json_option
@in_project
def command(project: Project, slug: str, *, csv: Path | None, limit: int, offset: int, sort: str, as_json: bool) -> None:
    """The members of one segment.

    \b
    Examples:
      patron segment at_risk
      patron segment at_risk --csv at_risk.csv
      patron segment champions --sort -days_since_last_order --limit 5
    """
    if csv:
        done = export_members(project, slug, csv)
        show(done, as_json=as_json, text=lambda c: c.print(f"Wrote {done.rows:,} members of {slug} to {done.file}."))
        return
    found = segment(project, slug, Paging(limit=limit, offset=offset, sort=sort))
    show(found, as_json=as_json, text=lambda c: print_members(c, found, of=slug))
