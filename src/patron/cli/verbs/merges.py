"""`patron merges`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from patron.app.actions.merging import Merges, merge_text, merges
from patron.app.values import customer_text
from patron.cli.output import json_option, show, table
from patron.cli.project import in_project

if TYPE_CHECKING:
    from rich.console import Console

    from patron.app.project import Project


@click.command("merges")
@click.option("--limit", default=50, show_default=True, help="How many to show.")
@click.option("--offset", default=0, help="How many to pass over first.")
@json_option
@in_project
def command(project: Project, *, limit: int, offset: int, as_json: bool) -> None:
    """Customers found to be one, the latest first, with the reason.

    \b
    Examples:
      patron merges
      patron merge undo mrg_0000000000001
    """
    found = merges(project, limit=limit, offset=offset)
    show(found, as_json=as_json, text=lambda c: _print(c, found))


def _print(console: Console, found: Merges) -> None:
    if not found.rows:
        console.print("No two customers were found to be one.")
        return
    rows = [
        (merge_text(m), customer_text(m.from_id), customer_text(m.into_id), m.reason, "undone" if m.undone_at else "holds")
        for m in found.rows
    ]
    title = f"{len(found.rows)} of {found.total} merges"
    console.print(table(("merge", "from", "into", "reason", "state"), rows, title=title))
