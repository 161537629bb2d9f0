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
    from collections.abc import Mapping

    from rich.console import Console

    from patron.app.actions.visits import Visits
    from patron.app.project import Project
    from patron.kernel.money import Currency


@click.command("customer")
@click.argument("name")
@click.option("--history", default=20, show_default=True, help="How many orders and refunds to show.")
@json_option
@in_project
def command(project: Project, name: str, *, history: int, as_json: bool) -> None:
    """One customer: who, since when, worth so far, scores, segments, orders, and the last ten sessions and touches.

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
    _print_visits(console, found.visits, currency)


def _print_visits(console: Console, visits: Visits, currency: Currency) -> None:
    if not visits.touches:
        return
    came = [(f"{t['touched_at']:%Y-%m-%d %H:%M}", t["channel"], _brought(t), t["landing_page"] or "") for t in visits.touches]
    console.print(table(("when (UTC)", "channel", "by", "landing page"), came, title=f"\nThe latest {len(came)} touches"))
    done = [
        (f"{s['started_at']:%Y-%m-%d %H:%M}", f"{s['ended_at']:%H:%M}", s["channel"], s["event_count"], s["viewed_product_count"],
         s["order_count"], as_text("money", s["net_revenue"], currency)) for s in visits.sessions
    ]  # fmt: skip
    heads = ("began (UTC)", "ended", "channel", "events", "products looked at", "orders", "net revenue")
    console.print(table(heads, done, right=(3, 4, 5, 6), title=f"\nThe latest {len(done)} sessions"))


def _brought(touch: Mapping[str, object]) -> str:
    """What brought somebody, in few words."""
    tags = [str(touch[name]) for name in ("campaign_source", "campaign_medium", "campaign_name") if touch[name]]
    return " / ".join(tags) or str(touch["referrer_host"] or "")
