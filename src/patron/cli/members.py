"""Customers as a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.app.values import as_text, customer_text
from patron.cli.output import table

if TYPE_CHECKING:
    from rich.console import Console

    from patron.app.actions.segments import Members


def print_members(console: Console, found: Members, *, of: str) -> None:
    """A page of customers, and how to see the next."""
    catalog, currency = found.project.definitions.catalog, found.project.shop.currency
    if not found.rows:
        console.print(f"No customer is in {of} as of {found.as_of:%Y-%m-%d %H:%M} UTC.")
        return
    rows = [
        (
            r["customer_number"] or customer_text(int(str(r["customer_id"]))),
            *(as_text(catalog[c].kind, r[c], currency) for c in found.columns),
        )
        for r in found.rows
    ]
    last = found.offset + len(rows)
    title = f"{of}: {found.offset + 1:,} to {last:,} of {found.total:,} as of {found.as_of:%Y-%m-%d %H:%M} UTC"
    numbers = [i for i, c in enumerate(found.columns, 1) if catalog[c].kind != "text"]
    console.print(table(("customer", *found.columns), rows, right=numbers, title=title))
    if last < found.total:
        console.print(f"Next: --offset {last}")
