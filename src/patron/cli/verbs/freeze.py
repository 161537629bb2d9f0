"""`patron freeze`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from patron.app.actions.lists import freeze
from patron.cli.output import json_option, show
from patron.cli.project import in_project

if TYPE_CHECKING:
    from patron.app.project import Project


@click.command("freeze")
@click.argument("segment")
@click.option("--as", "name", required=True, help="The name of the list.")
@json_option
@in_project
def command(project: Project, segment: str, *, name: str, as_json: bool) -> None:
    """Keep the members of a segment, as they are now, as a static list.

    \b
    Example:
      patron freeze one_time_buyers --as spring_letter
    """
    done = freeze(project, segment, name)
    text = f"Kept {done.members:,} members of {segment} as {name}: segments/{name}.toml. It is there after the next patron refresh."
    show(done, as_json=as_json, text=lambda c: c.print(text))
