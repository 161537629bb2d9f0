"""`patron doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from patron.app.actions.doctor import Health, doctor
from patron.cli.output import json_option, show, table
from patron.cli.project import in_project

if TYPE_CHECKING:
    from rich.console import Console

    from patron.app.project import Project

_FINDINGS = 1


@click.command("doctor")
@click.option("--recompute", is_flag=True, help="Work all features out again and compare them with those that are kept.")
@json_option
@in_project
def command(project: Project, *, recompute: bool, as_json: bool) -> None:
    """Check that facts agree with each other, and answers with facts. Exit code 1 when something was found.

    \b
    Examples:
      patron doctor
      patron doctor --recompute
    """
    found = doctor(project, recompute=recompute)
    show(found, as_json=as_json, text=lambda c: _print(c, found))
    if not found.is_sound:
        click.get_current_context().exit(_FINDINGS)


def _print(console: Console, found: Health) -> None:
    console.print(table(("", "check", ""), [("ok" if c.is_sound else "look", c.name, c.detail) for c in found.checks]))
