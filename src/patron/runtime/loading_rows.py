"""Loading a file whose records become rows of fact tables by the layout's own expressions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

import ibis

from patron.facts import tables as t
from patron.runtime import loading_merge as merging
from patron.runtime.loading_counts import count, covered, money, noted
from patron.runtime.loading_products import touch

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import ibis.expr.types as ir

    from patron.ports.engine import Store
    from patron.ports.source import Intake, Layout
    from patron.runtime.loading_report import MoneyOf

DOCUMENTS = frozenset(table.name for table in merging.DOCUMENT_TABLES)
_NEW = "_load_new_"
_SAID, _ANY = 200, datetime(1, 1, 1)  # noqa: DTZ001  # it stands for any instant
_said: dict[Hashable, tuple[ir.Table, Mapping[str, ir.Table]]] = {}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the usable records of a file."""

    kept: int
    rows: Mapping[str, int]
    money: tuple[MoneyOf, ...] = ()
    span: tuple[datetime | None, datetime | None] = (None, None)
    notes: tuple[str, ...] = field(default=())


def load_rows(store: Store, layout: Layout, records: ir.Table, intake: Intake) -> Outcome:
    """Make the rows of the records and merge them into the store.

    Args:
        store: it, within a transaction.
        layout: the file's.
        records: usable records, with `record`.
        intake: the file's.
    """
    records, made = _made(layout, records, intake)
    if intake.is_live:
        made = _told(store, layout, records, made)
    new = {name: _NEW + name for name in made}
    for name, rows in made.items():
        store.create(new[name], rows, temporary=True)
    kept, counts = _merge(store, layout.primary, records, new, is_live=intake.is_live)
    if intake.is_live:
        outcome = Outcome(kept, counts)
    else:
        outcome = Outcome(kept, counts, money(store, new), covered(store, new), noted(store, layout.notes, new, records))
    for table in new.values():
        store.drop(table)
    return outcome


def _made(layout: Layout, records: ir.Table, intake: Intake) -> tuple[ir.Table, Mapping[str, ir.Table]]:
    """Records with their keys, and the rows that they are made into, by table. What one tick asks, the next asks again: it is kept."""
    if not intake.is_live:
        return _say(layout, records, intake)
    key = (layout, records.op(), repr(replace(intake, file="", received_at=_ANY, exported_at=_ANY)))
    if key not in _said:
        while len(_said) >= _SAID:
            _said.pop(next(iter(_said)))
        _said[key] = _say(layout, records, intake)
    return _said[key]


def _told(store: Store, layout: Layout, records: ir.Table, made: Mapping[str, ir.Table]) -> Mapping[str, ir.Table]:
    """The tables that these records may say anything of."""
    conditions = {name: condition(records).any() for name, condition in layout.only_from if name in made}
    if not conditions:
        return made
    found = store.query(records.aggregate(**conditions)).to_pylist()[0]
    return {name: rows for name, rows in made.items() if found.get(name, True)}


def _say(layout: Layout, records: ir.Table, intake: Intake) -> tuple[ir.Table, Mapping[str, ir.Table]]:
    records = records.mutate(key=layout.key(records, intake))
    found = layout.facts(records, intake)
    return records, {name: merging.completed(t.BY_NAME[name], rows, intake, extra=_extra(name)) for name, rows in found.items()}


def merge_found(store: Store, found: Mapping[str, ir.Table], intake: Intake) -> dict[str, int]:
    """Merge rows of tables that are no documents: identifiers, links, profiles, listings …; how many changed, per table."""
    counts = {}
    for name, rows in found.items():
        store.create(_NEW + name, merging.completed(t.BY_NAME[name], rows, intake), temporary=True)
        if name == "listings":
            touch(store, _NEW + name)
        counts[name] = merging.merge_rows(store, t.BY_NAME[name], _NEW + name)
        store.drop(_NEW + name)
    return counts


def _merge(store: Store, primary: str, records: ir.Table, new: Mapping[str, str], *, is_live: bool) -> tuple[int, dict[str, int]]:
    """Merge all new rows: how many records changed anything, and how many rows were written per table."""
    kept, counts = 0, {}
    if "orders" in new:
        counts["orders"] = merging.merge_documents(store, new)
        kept = _changed(store, records) if primary == "orders" and not is_live else 0
    for name, table in new.items():
        if name in DOCUMENTS:
            continue
        if name == "listings":
            touch(store, table)
        counts[name] = merging.merge_rows(store, t.BY_NAME[name], table)
        if name == primary and not is_live:
            kept = _changed(store, records)
    return counts[primary] if is_live else kept, counts


def _changed(store: Store, records: ir.Table) -> int:
    return count(store, records.select("key").semi_join(ibis.table({"key": "int64"}, name=merging.CHANGED), "key"))


def _extra(name: str) -> tuple[str, ...]:
    if name not in DOCUMENTS:
        return ()
    return (merging.BLOCK, merging.AMOUNT) if name == "orders" else (merging.BLOCK,)


def kept(store: Store, name: str, rows: ir.Table) -> ir.Table:
    """Rows as a temporary table of their own, worked out once and read often."""
    store.create(name, rows, temporary=True)
    return ibis.table(rows.schema(), name=name)


def remember(store: Store, name: str, rows: ir.Table) -> None:
    """Add rows to a temporary table that lasts until all files of a load are in."""
    if name in store.tables():
        store.insert(name, rows)
    else:
        store.create(name, rows, temporary=True)
