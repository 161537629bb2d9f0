"""What is said about a load: its money, the time it covers, and what a person should know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.facts import tables as t
from patron.kernel.money import Currency, Money
from patron.runtime.loading_merge import TABLES
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


def money(store: Store, new: Mapping[str, str]) -> tuple[MoneyOf, ...]:
    """The money of new orders and refunds, per currency in order."""
    sums: dict[str, dict[str, int]] = {}
    if "orders" in new:
        orders = t.ORDERS.unbound(new["orders"])
        for row in store.query(orders.group_by("currency", "kind").agg(total=orders.total.sum().cast("int64"))).to_pylist():
            sums.setdefault(row["currency"], {})[row["kind"]] = row["total"]
    if "refunds" in new:
        refunds = t.REFUNDS.unbound(new["refunds"])
        for row in store.query(refunds.group_by("currency").agg(total=refunds.total.sum().cast("int64"))).to_pylist():
            sums.setdefault(row["currency"], {})["refund"] = row["total"]
    return tuple(_money(Currency(code), of) for code, of in sorted(sums.items()))


def covered(store: Store, new: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
    """The first and last instant of what happened in new rows."""
    spans = []
    for name, column in _HAPPENED.items():
        if name in new:
            rows = TABLES[name].unbound(new[name])
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
        rows = records if note.table == "records" else TABLES[note.table].unbound(new[note.table])
        matching = rows.filter(note.where(rows))
        count = int(store.query(matching.agg(n=matching.count()))["n"][0].as_py())
        if count:
            found.append(note.sentence.format(count=count))
    return tuple(found)


def _money(code: Currency, of: Mapping[str, int]) -> MoneyOf:
    sales, refunds, adjustments = of.get("sale", 0), of.get("refund", 0), of.get("adjustment", 0)
    amounts = (sales, refunds, adjustments, of.get("unpaid", 0), sales + adjustments - refunds)
    return MoneyOf(*(Money.from_minor(a, code) for a in amounts))
