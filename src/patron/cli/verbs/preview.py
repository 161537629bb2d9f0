"""`patron preview`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from patron.app.actions.conditions import Preview, preview
from patron.app.actions.segments import Paging
from patron.cli.members import print_members
from patron.cli.output import json_option, percent, show
from patron.cli.project import in_project

if TYPE_CHECKING:
    from rich.console import Console

    from patron.app.project import Project


@click.command("preview")
@click.argument("condition")
@click.option("--limit", default=10, show_default=True, help="How many customers to show.")
@click.option("--sort", default="-net_revenue", show_default=True, help="A feature; with - before it, the greatest first.")
@json_option
@in_project
def command(project: Project, condition: str, *, limit: int, sort: str, as_json: bool) -> None:
    """Who would meet a condition, without saving it.

    \b
    Examples:
      patron preview 'order_count >= 3 and lateness > 2'
      patron preview 'top(net_revenue_365d, share=0.10) and not is_international'
    """
    found = preview(project, condition, Paging(limit=limit, sort=sort))
    show(found, as_json=as_json, text=lambda c: _print(c, found))


def _print(console: Console, found: Preview) -> None:
    for warning in found.warnings:
        console.print(f"Note: {warning}")
    console.print(f"{found.members.total:,} of {found.customers:,} customers ({percent(found.share)}), net revenue {found.net_revenue}.")
    if found.members.rows:
        print_members(console, found.members, of="preview")
