"""The page of fact tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.facts.sessions import SESSIONS
from patron.facts.tables import FACTS, LEDGER
from patron.facts.touches import TOUCHES
from tools.reference.markdown import code, document, sentence, table

if TYPE_CHECKING:
    from patron.kernel.tables import Table

_KINDS = {
    "id": "63-bit integer; people and programs see it as `cus_…`, `ord_…`",
    "count": "whole number",
    "number": "floating-point number",
    "quantity": "decimal with three places",
    "price": "decimal with six places, in major units: the price of a unit may be finer than a cent",
    "money": "whole number of minor units (cents, pence) of the currency in the same row: sums are exact",
    "share": "floating-point number from 0 to 1",
    "text": "text",
    "flag": "true or false",
    "instant": "microseconds, UTC, kept without a zone",
    "date": "day of the shop's calendar",
}


def page() -> str:
    """The page."""
    return document(
        "Tables of facts",
        "Every table of a project, with the kind and meaning of each column. `patron export` writes them as Parquet or CSV; they are also "
        "readable in the project's database file (`data/patron.duckdb`) with any tool that reads DuckDB, while no `patron` command runs. "
        "A row is never rewritten by an answer: features and segments are worked out from these tables.",
        "## Kinds of values",
        table(("kind", "how it is kept"), [(code(k), v) for k, v in _KINDS.items()]),
        "## What is true of the shop",
        *[_section(t) for t in FACTS],
        "## What is worked out of events",
        "These two are not kept: `patron export sessions` and `patron export touches` work them out as of any instant "
        "([the rules](../explanation/visits.md)). Their files have `customer_number` too.",
        *[_section(t) for t in (SESSIONS, TOUCHES)],
        "## How it became known",
        *[_section(t) for t in LEDGER],
    )


def _section(of: Table) -> str:
    rows = [(code(c.name), c.kind, "always" if c.required else "", sentence(c.meaning)) for c in of.columns]
    key = f" Key: {', '.join(code(k) for k in of.key)}." if of.key else ""
    return f"### {of.name}\n\n{sentence(of.row)}{key}\n\n" + table(("column", "kind", "known", "meaning"), rows)
