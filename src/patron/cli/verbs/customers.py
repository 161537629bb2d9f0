"""`patron customers`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from patron.app.actions.customers import customers
from patron.app.actions.segments import MEMBER_COLUMNS, Paging
from patron.cli.members import print_members
from patron.cli.output import json_option, show
from patron.cli.project import in_project

if TYPE_CHECKING:
    from patron.app.project import Project


@click.command("customers")
@click.option("--where", default="", help="Only those who meet a condition.")
@click.option("--columns", default=",".join(MEMBER_COLUMNS), help="Features to show, comma separated.")
@click.option("--limit", default=20, show_default=True, help="How many to show.")
@click.option("--offset", default=0, help="How many to pass over first.")
@click.option("--sort", default="-net_revenue", show_default=True, help="A feature; with - before it, the greatest first.")
@json_option
@in_project
def command(project: Project, *, where: str, columns: str, limit: int, offset: int, sort: str, as_json: bool) -> None:
    """Customers by any feature.

    \b
    Examples:
      patron customers
      patron customers --sort days_since_last_order --columns order_count,last_order_at
      patron customers --where 'country == "FR" and order_count >= 2'
    """
    names = tuple(c.strip() for c in columns.split(",") if c.strip())
    found = customers(project, Paging(names, limit, offset, sort), where=where)
    show(found, as_json=as_json, text=lambda c: print_members(c, found, of="customers"))
