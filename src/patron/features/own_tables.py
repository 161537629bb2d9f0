"""What features of the shop's own can be made from: tables of facts with their columns, aggregates, tests of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.facts import tables as t
from patron.features.partials.lines import lines_that_count

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta

    import ibis.expr.types as ir

    from patron.facts.as_of import Facts
    from patron.kernel.tables import Kind, Table

_SAME: Mapping[Kind, Kind] = {
    k: k for k in ("count", "number", "quantity", "price", "money", "mean_money", "share", "instant")
}  # fmt: skip
_SUMS: Mapping[Kind, Kind] = {"count": "count", "number": "number", "quantity": "quantity", "price": "price", "money": "money"}
_MEANS: Mapping[Kind, Kind] = {
    "count": "number", "number": "number", "quantity": "number", "price": "number", "money": "mean_money", "flag": "share",
}  # fmt: skip
_LASTS: Mapping[Kind, Kind] = {**_SAME, "text": "text", "flag": "flag", "id": "id"}
AGGREGATES: Mapping[str, Mapping[Kind, Kind]] = {
    "count": {},
    "sum": _SUMS,
    "mean": _MEANS,
    "min": _SAME,
    "max": _SAME,
    "distinct": {**dict.fromkeys(_LASTS, "count"), "date": "count"},
    "last": _LASTS,
}
"""Of each aggregate, the kind that comes out for each kind of column it can be worked out from."""

_OF_PRODUCTS = ("name", "category", "category_path", "brand")
_HIDDEN = frozenset({"customer_id", "source", "received_at"})


@dataclass(frozen=True, slots=True)
class Source:
    """A table of facts that a feature can be made from.

    Attributes:
        table: its declaration.
        at: the column with the instant its rows happened at.
        rows: its rows before as of, all in the shop's currency.
    """

    table: Table
    at: str
    rows: Callable[[Facts], ir.Table]

    def kinds(self) -> dict[str, Kind]:
        """Its columns and, where rows are about products, those of their products."""
        own: dict[str, Kind] = {c.name: c.kind for c in self.table.columns if c.name not in _HIDDEN}
        return own | {c: "text" for c in self.of_products() if c not in own}

    def of_products(self) -> tuple[str, ...]:
        """Columns that come from the product, or are filled up from it."""
        return _OF_PRODUCTS if "product_id" in self.table else ()


@dataclass(frozen=True, slots=True)
class Test:
    """What a column of a row must be.

    Attributes:
        column: the column.
        how: is, not, min, above, max or below.
        values: what it is compared with; several mean one of them.
    """

    column: str
    how: str
    values: tuple[str | int | float | bool, ...]


@dataclass(frozen=True, slots=True)
class Own:
    """A feature as its file tells it.

    Attributes:
        name: its name.
        source: the facts it is made from.
        aggregate: one of `AGGREGATES`.
        column: the column; empty for a count.
        last: length of its window; None for all facts.
        tests: what must be true of a row.
        meaning: a sentence.
        unit: in words; may be empty.
    """

    name: str
    source: Source
    aggregate: str
    column: str
    last: timedelta | None
    tests: tuple[Test, ...]
    meaning: str
    unit: str

    @property
    def kind(self) -> Kind:
        """The kind of its values."""
        return (result_kind(self.aggregate, self.source.kinds()[self.column]) if self.column else None) or "count"


def result_kind(aggregate: str, kind: Kind) -> Kind | None:
    """The kind that an aggregate of a column has; None when there is no such aggregate."""
    return AGGREGATES[aggregate].get(kind)


SOURCES: Mapping[str, Source] = {
    s.table.name: s
    for s in (
        Source(t.ORDERS, "ordered_at", lambda facts: facts.sales),
        Source(t.ORDER_LINES, "ordered_at", lines_that_count),
        Source(t.REFUNDS, "refunded_at", lambda facts: facts.refunds),
        Source(t.EVENTS, "occurred_at", lambda facts: facts.events),
        Source(t.MESSAGES, "sent_at", lambda facts: facts.messages),
        Source(t.TICKETS, "opened_at", lambda facts: facts.tickets),
        Source(t.REVIEWS, "reviewed_at", lambda facts: facts.reviews),
        Source(t.REDEMPTIONS, "redeemed_at", lambda facts: facts.redemptions),
    )
}
"""The tables, by name."""
