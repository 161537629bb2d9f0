"""Loading a file whose records become rows of fact tables by the layout's own expressions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

import ibis
import pyarrow.compute as pc

from patron.facts import tables as t
from patron.runtime import loading_merge as merging
from patron.runtime.loading_counts import count, covered, money, noted
from patron.runtime.loading_products import touch

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Mapping

    import ibis.expr.types as ir
    import pyarrow as pa

    from patron.kernel.tables import Table
    from patron.ports.engine import Engine, Store
    from patron.ports.source import Intake, Layout
    from patron.runtime.loading_report import MoneyOf
    from patron.runtime.met import Met, Shortcuts

DOCUMENTS = frozenset(table.name for table in merging.DOCUMENT_TABLES)
_NEW, _SEEN, _EVENTS = "_load_new_", t.IDENTIFIERS.name, t.EVENTS.name
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
    """Make the rows of the records of a file and merge them into the store.

    Args:
        store: it, within a transaction.
        layout: the file's.
        records: usable records, with `record`.
        intake: the file's.
    """
    records, made = _made(layout, records, intake)
    for name, rows in made.items():
        store.create(_NEW + name, rows, temporary=True)
    new = {name: _NEW + name for name in made}
    kept, counts = _merge(store, layout.primary, new, records)
    outcome = Outcome(kept, counts, money(store, new), covered(store, new), noted(store, layout.notes, new, records))
    _drop(store, new)
    return outcome


def rows_of(engine: Engine, layout: Layout, records: ir.Table, intake: Intake) -> Mapping[str, pa.Table]:
    """The rows that live records are made into, by fact table; those without records that may tell of them are left out.

    Args:
        engine: has the records.
        layout: theirs.
        records: usable records, with `record`.
        intake: theirs.
    """
    records, made = _made(layout, records, intake)
    return {name: engine.query(rows) for name, rows in _told(engine, layout, records, made).items()}


def merge_live(store: Store, layout: Layout, rows: Mapping[str, pa.Table], shortcuts: Shortcuts) -> Outcome:
    """Merge live rows of `rows_of` into the store, but for those of identifiers that were met before and tell nothing new.

    Nobody asks which records they come from. Events wait, see `merge_new_events`.
    """
    rows = _news(rows, shortcuts.met)
    stored = {name: some for name, some in rows.items() if name != _EVENTS}
    for name, some in stored.items():
        store.fill(_NEW + name, some.to_reader(), temporary=True)
    counts = _merged_live(store, stored, [name for name, some in stored.items() if _is_once(t.BY_NAME[name], some)])
    if _EVENTS in rows:
        counts[_EVENTS] = merging.merge_new_events(store, rows[_EVENTS], shortcuts)
    if _SEEN in rows:
        shortcuts.met.add(rows[_SEEN])
    return Outcome(counts.get(layout.primary, 0), counts)


def _news(rows: Mapping[str, pa.Table], met: Met) -> Mapping[str, pa.Table]:
    if _SEEN not in rows:
        return rows
    news = met.news(rows[_SEEN])
    return {**rows, _SEEN: news} if news.num_rows else {name: some for name, some in rows.items() if name != _SEEN}


def _is_once(table: Table, rows: pa.Table) -> bool:
    """Whether no two rows agree in the first column of their key."""
    return bool(pc.count_distinct(rows[table.key[0]]).as_py() == rows.num_rows)


def _merged_live(store: Store, names: Iterable[str], once: Collection[str]) -> dict[str, int]:
    """Merge the new rows of these tables; how many were written per table. In those named in `once` no two have the same key."""
    new, counts = {name: _NEW + name for name in names}, {}
    for name in _in_turn(new):
        if name == "orders":
            counts[name] = merging.merge_documents(store, new)
        else:
            counts[name] = _merge_rows(store, name, new[name], is_once=name in once)
    _drop(store, new)
    return counts


def _drop(store: Store, new: Mapping[str, str]) -> None:
    for table in new.values():
        store.drop(table, temporary=True)


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


def _told(engine: Engine, layout: Layout, records: ir.Table, made: Mapping[str, ir.Table]) -> Mapping[str, ir.Table]:
    """The tables that these records may say anything of."""
    conditions = {name: condition(records).any() for name, condition in layout.only_from if name in made}
    if not conditions:
        return made
    found = engine.query(records.aggregate(**conditions)).to_pylist()[0]
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
        counts[name] = _merge_rows(store, name, _NEW + name)
        store.drop(_NEW + name)
    return counts


def _merge(store: Store, primary: str, new: Mapping[str, str], records: ir.Table) -> tuple[int, dict[str, int]]:
    """Merge all new rows: how many of the records changed anything, and how many rows were written per table."""
    kept, counts = 0, {}
    for name in _in_turn(new):
        if name == "orders":
            counts[name] = merging.merge_documents(store, new)
        else:
            counts[name] = _merge_rows(store, name, new[name], tells=name == primary)
        if name == primary:
            kept = _changed(store, records)
    return kept, counts


def _in_turn(new: Iterable[str]) -> list[str]:
    """Tables as they are merged: orders first, and with them whatever belongs to them."""
    return sorted((name for name in new if name == "orders" or name not in DOCUMENTS), key=lambda name: name != "orders")


def _merge_rows(store: Store, name: str, new: str, *, is_once: bool = False, tells: bool = False) -> int:
    if name == "listings":
        touch(store, new)
    return merging.merge_rows(store, t.BY_NAME[name], new, is_once=is_once, tells=tells)


def _changed(store: Store, records: ir.Table) -> int:
    return count(store, records.select("key").semi_join(ibis.table({"key": "int64"}, name=merging.CHANGED), "key"))


def _extra(name: str) -> tuple[str, ...]:
    if name not in DOCUMENTS:
        return ()
    return (merging.BLOCK, merging.AMOUNT) if name == "orders" else (merging.BLOCK,)
