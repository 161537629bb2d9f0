"""`patron forget`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from patron.app.actions.forgetting import Forgotten, forget
from patron.app.values import customer_text
from patron.cli.output import json_option, show
from patron.cli.project import in_project

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from patron.app.project import Project


@click.command("forget")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do it. Without this it only says what would go.")
@json_option
@in_project
def command(project: Project, name: str, *, yes: bool, as_json: bool) -> None:
    """Forget a customer who asked for it; orders stay as those of a guest, so that the shop's money stays right.

    NAME is a customer number, an e-mail address, a phone number, an order number, or an id such as cus_….
    Many people at once: patron load erasures FILE.

    \b
    Examples:
      patron forget ana@example.com
      patron forget ana@example.com --yes
    """
    found = forget(project, name, is_sure=yes)
    show(found, as_json=as_json, text=lambda c: _print(c, name, found))


def _print(console: Console, name: str, found: Forgotten) -> None:
    what, gone, stays = customer_text(found.customer_id), _counts(found.deleted), _counts(found.kept)
    if found.is_done:
        console.print(f"{what} is forgotten: {gone} deleted; {stays} kept as those of a guest. Next: patron refresh")
    else:
        console.print(f"Of {what} would be deleted: {gone}. Kept as those of a guest: {stays}.")
        console.print(f"Nothing was changed. Next: patron forget {name} --yes")


def _counts(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{n:,} {table}" for table, n in rows.items()) or "nothing"
