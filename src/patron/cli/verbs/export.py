"""`patron export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from patron.app.actions.exporting import VISITS, export_facts, export_features, export_memberships, export_visits
from patron.cli.output import json_option, show
from patron.cli.project import in_project
from patron.kernel.errors import InputError
from patron.kernel.problems import Problem

if TYPE_CHECKING:
    from patron.app.project import Project


@click.command("export")
@click.argument("what")
@click.option(
    "-o", "--output", "file", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file: .parquet, .csv or .jsonl."
)
@click.option("--as-of", default="", help="For sessions and touches: what is known before this instant, such as 2011-12-10; else now.")
@json_option
@in_project
def command(project: Project, what: str, *, file: Path, as_of: str, as_json: bool) -> None:
    """Features, memberships, sessions, touches, or one table of facts as Parquet, CSV or JSON Lines.

    WHAT is features, memberships, sessions, touches, or a table of facts such as orders.

    \b
    Examples:
      patron export features -o features.parquet
      patron export memberships -o memberships.csv
      patron export touches --as-of 2011-12-10 -o touches.csv
      patron export orders -o orders.parquet
    """
    if as_of and what not in VISITS:
        expected = "nothing: features and memberships are those of the last `patron refresh --as-of`, and facts are all"
        raise InputError(f"An instant is for {' and '.join(VISITS)} alone.", [Problem("--as-of", as_of, expected)])
    if what in VISITS:
        done = export_visits(project, what, file, as_of=as_of)
    elif what == "features":
        done = export_features(project, file)
    elif what == "memberships":
        done = export_memberships(project, file)
    else:
        done = export_facts(project, what, file)
    show(done, as_json=as_json, text=lambda c: c.print(f"Wrote {done.rows:,} rows of {what} to {done.file}."))
