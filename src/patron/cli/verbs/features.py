"""`patron features`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from patron.app.actions.catalog import Features, features
from patron.cli.output import json_option, show, table
from patron.cli.project import in_project

if TYPE_CHECKING:
    from rich.console import Console

    from patron.app.project import Project


@click.command("features")
@click.argument("search", default="")
@json_option
@in_project
def command(project: Project, search: str, *, as_json: bool) -> None:
    """The catalog of features: name, unit and meaning; the words of conditions.

    \b
    Examples:
      patron features
      patron features refund
    """
    found = features(project, search=search)
    show(found, as_json=as_json, text=lambda c: _print(c, found))


def _print(console: Console, found: Features) -> None:
    if not found.features:
        console.print("No feature speaks of that.")
        return
    rows = [(f.family, f.name, f.unit, f.meaning) for f in found.features]
    console.print(table(("family", "name", "unit", "meaning"), rows))
