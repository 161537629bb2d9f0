"""`patron list`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from patron.app.actions.lists import Listed, upload
from patron.cli.output import json_option, show
from patron.cli.project import in_project

if TYPE_CHECKING:
    from rich.console import Console

    from patron.app.project import Project


@click.command("list")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@in_project
def command(project: Project, name: str, file: Path, *, as_json: bool) -> None:
    """Upload a static list: one customer number, e-mail address or id a line. It is a segment like any other.

    \b
    Example:
      patron list hand_picked friends.csv
    """
    done = upload(project, name, file)
    show(done, as_json=as_json, text=lambda c: _print(c, done))


def _print(console: Console, done: Listed) -> None:
    console.print(f"{done.members:,} customers are on {done.name}. It is there after the next patron refresh.")
    if done.unknown:
        console.print(f"Nobody is known as: {', '.join(done.unknown)}")
