"""What is said about a load: its money, the time it covers, and what a person should know."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import ibis

from patron.facts import tables as t
from patron.kernel.expressions import said_once
from patron.kernel.money import Currency, Money
from patron.runtime.loading_report import MoneyOf

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import ibis.expr.types as ir

    from patron.ports.engine import Store
    from patron.ports.source import Note

_HAPPENED = {
    "orders": "ordered_at",
    "refunds": "refunded_at",
    "events": "occurred_at",
    "reviews": "reviewed_at",
    "messages": "sent_at",
    "redemptions": "redeemed_at",
}


def count(store: Store, rows: ir.Table) -> int:
    """How many rows there are."""
    return int(store.query(_counted(rows))["n"][0].as_py())


def any_of(store: Store, rows: ir.Table) -> bool:
    """Whether there is any row."""
    return bool(store.query(_first(rows)).num_rows)


@said_once
def _counted(rows: ir.Table) -> ir.Table:
    return rows.agg(n=rows.count())


@said_once
def _first(rows: ir.Table) -> ir.Table:
    return rows.select(rows.columns[0]).limit(1)


def money(store: Store, new: Mapping[str, str], *, credits_table: str | None = None) -> tuple[MoneyOf, ...]:
    """The money of new orders and refunds, per currency in order.

    Args:
        store: where they are.
        new: table names by fact table.
        credits_table: read instead of refunds, where these follow later.
    """
    parts = []
    if "orders" in new:
        orders = t.ORDERS.unbound(new["orders"])
        parts.append(orders.select("currency", "kind", "total"))
    if "refunds" in new or credits_table:
        refunds = t.CREDITS.unbound(credits_table) if credits_table else t.REFUNDS.unbound(new["refunds"])
        parts.append(refunds.select("currency", kind=ibis.literal("refund"), total=refunds.total))
    if not parts:
        return ()
    every = reduce(lambda a, b: a.union(b), parts)
    return money_of(store, every.group_by("currency", "kind").agg(total=every.total.sum().cast("int64")))


def money_of(store: Store, sums: ir.Table) -> tuple[MoneyOf, ...]:
    """Sums by currency and kind (sale, adjustment, unpaid, refund) as money, per currency in order."""
    by_currency: dict[str, dict[str, int]] = {}
    for row in store.query(sums).to_pylist():
        by_currency.setdefault(row["currency"], {})[row["kind"]] = row["total"]
    return tuple(_money(Currency(code), of) for code, of in sorted(by_currency.items()))


def covered(store: Store, new: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
    """The first and last instant of what happened in new rows."""
    spans = []
    for name, column in _HAPPENED.items():
        if name in new:
            rows = t.BY_NAME[name].unbound(new[name])
            row = store.query(rows.agg(a=rows[column].min(), b=rows[column].max())).to_pylist()[0]
            if row["a"] is not None:
                spans.append((row["a"], row["b"]))
    return (min(a for a, _ in spans), max(b for _, b in spans)) if spans else (None, None)


def noted(store: Store, notes: Sequence[Note], new: Mapping[str, str], records: ir.Table) -> tuple[str, ...]:
    """The sentences of the notes that apply."""
    found = []
    for note in notes:
        if note.table != "records" and note.table not in new:
            continue
        rows = records if note.table == "records" else t.BY_NAME[note.table].unbound(new[note.table])
        matching = rows.filter(note.where(rows))
        number = count(store, matching)
        if number:
            found.append(note.sentence.format(count=number))
    return tuple(found)


def _money(code: Currency, of: Mapping[str, int]) -> MoneyOf:
    sales, refunds, adjustments = of.get("sale", 0), of.get("refund", 0), of.get("adjustment", 0)
    amounts = (sales, refunds, adjustments, of.get("unpaid", 0), sales + adjustments - refunds)
    return MoneyOf(*(Money.from_minor(a, code) for a in amounts))
