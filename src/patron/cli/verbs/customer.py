"""`patron customer`."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import click

from patron.app.actions.customers import Customer, customer
from patron.app.values import as_text, customer_text
from patron.cli.output import json_option, show, table
from patron.cli.project import in_project

if TYPE_CHECKING:
    from rich.console import Console

    from patron.app.project import Project


@click.command("customer")
@click.argument("name")
@click.option("--history", default=20, show_default=True, help="How many orders and refunds to show.")
@json_option
@in_project
def command(project: Project, name: str, *, history: int, as_json: bool) -> None:
    """One customer: who, since when, worth so far, scores, segments, orders.

    NAME is a customer number, an e-mail address, a phone number, an order number, or an id such as cus_….

    \b
    Examples:
      patron customer 12747
      patron customer ana@example.com --json
    """
    found = customer(project, name, history=history)
    show(found, as_json=as_json, text=lambda c: _print(c, found))


def _print(console: Console, found: Customer) -> None:
    standing = found.standing
    catalog, currency = standing.project.definitions.catalog, standing.project.shop.currency
    known = {k: v for k, v in found.profile.items() if v is not None}
    console.print(f"{customer_text(standing.customer_id)} as of {standing.as_of:%Y-%m-%d %H:%M} UTC")
    console.print(", ".join(f"{k.replace('_', ' ')}: {as_text('text', v, currency)}" for k, v in known.items()))
    features = [(catalog[n].family, n, as_text(catalog[n].kind, v, currency)) for n, v in standing.features.items() if v is not None]
    for family, rows in groupby(sorted(features, key=lambda r: r[0]), key=lambda r: r[0]):
        console.print(table(("", ""), [(n, v) for _, n, v in rows], right=(1,), title=f"\n{family}"))
    names = ", ".join(f"{d.name} ({d.slug})" for d in standing.segments) or "none"
    console.print(f"\nSegments: {names}")
    lines = [(f"{o.at:%Y-%m-%d %H:%M}", o.number, o.what, o.amount) for o in found.history]
    console.print(
        table(("when (UTC)", "number", "what", "amount"), lines, right=(3,), title=f"\nThe latest {len(lines)} orders and refunds")
    )
