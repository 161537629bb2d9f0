"""`patron export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from patron.app.actions.exporting import export_facts, export_features, export_memberships
from patron.cli.output import json_option, show
from patron.cli.project import in_project

if TYPE_CHECKING:
    from patron.app.project import Project


@click.command("export")
@click.argument("what")
@click.option(
    "-o", "--output", "file", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file: .parquet, .csv or .jsonl."
)
@json_option
@in_project
def command(project: Project, what: str, *, file: Path, as_json: bool) -> None:
    """Features, memberships, or one table of facts as Parquet, CSV or JSON Lines.

    WHAT is features, memberships, or a table of facts such as orders.

    \b
    Examples:
      patron export features -o features.parquet
      patron export memberships -o memberships.csv
      patron export orders -o orders.parquet
    """
    if what == "features":
        done = export_features(project, file)
    elif what == "memberships":
        done = export_memberships(project, file)
    else:
        done = export_facts(project, what, file)
    show(done, as_json=as_json, text=lambda c: c.print(f"Wrote {done.rows:,} rows of {what} to {done.file}."))
