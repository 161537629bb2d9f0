"""`patron merge undo` and `patron merge redo`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from patron.app.actions.merging import redo, undo
from patron.cli.output import json_option, show
from patron.cli.project import in_project

if TYPE_CHECKING:
    from patron.app.project import Project


@click.group("merge")
def command() -> None:
    """Undo or redo a merge; `patron merges` lists them."""


@command.command("undo")
@click.argument("merge_id")
@json_option
@in_project
def undo_command(project: Project, merge_id: str, *, as_json: bool) -> None:
    """Take two customers apart again, for good: later loads keep them apart.

    \b
    Example:
      patron merge undo mrg_0000000000001
    """
    done = undo(project, merge_id)
    show(done, as_json=as_json, text=lambda c: c.print(f"Undone. There are {done.customers:,} customers now. Next: patron refresh"))


@command.command("redo")
@click.argument("merge_id")
@json_option
@in_project
def redo_command(project: Project, merge_id: str, *, as_json: bool) -> None:
    """Let an undone merge hold again.

    \b
    Example:
      patron merge redo mrg_0000000000001
    """
    done = redo(project, merge_id)
    show(done, as_json=as_json, text=lambda c: c.print(f"Done. There are {done.customers:,} customers now. Next: patron refresh"))
