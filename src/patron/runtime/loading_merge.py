"""How rows meet those that the store has already, so that facts do not depend on how often or in which order files are loaded.

- Orders with their lines and refunds are documents: the version with the greatest (`updated_at`, amount refunded, digest) holds.
- Every other row belongs to a key: of two, the one with the later `updated_at` holds (`EARLIEST`: the earlier instant), then the
  greater digest.
"""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from typing import TYPE_CHECKING

import ibis
import pyarrow.compute as pc

from patron.collect.ids import named
from patron.facts import tables as t
from patron.kernel.expressions import said_once
from patron.kernel.tables import type_of
from patron.kernel.time import literal
from patron.runtime.loading_counts import any_of, count
from patron.runtime.loading_scratch import remember
from patron.runtime.new_events import NEW, NEW_EVENTS, look_at_new_events
from patron.runtime.old_events import REPLACED_EVENTS, note_replaced

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir
    import pyarrow as pa

    from patron.kernel.tables import Table
    from patron.ports.engine import Store
    from patron.ports.source import Intake
    from patron.runtime.met import Shortcuts

EARLIEST = {"identifiers": "first_seen_at", "links": "observed_at", "consents": "occurred_at", "events": "occurred_at"}
BLOCK, AMOUNT = "_block", "_amount"
DOCUMENT_TABLES = (t.ORDERS, t.ORDER_LINES, t.REFUNDS)
CHANGED = "_load_changed"
REPLACED = "_load_replaced"
"""The customers (customer_id) whose rows were replaced by others; there is no such table when nothing was."""
EARLIER = "_load_earlier"
"""Identifiers (identifier_id) that turned out to have been seen earlier; there is no such table when none did."""
LEFT = frozenset({REPLACED, REPLACED_EVENTS, EARLIER})
"""What a live load leaves for the tick that it is part of."""
_LONG_AGO, _FAR_AWAY = datetime(1, 1, 1), datetime(9999, 1, 1)  # noqa: DTZ001  # instants in tables are UTC without a zone
_EVENTS, _NEW = t.EVENTS.unbound(), "_load_some_events"
_NOT_CONTENT = {"received_at", "customer_id", "updated_at", "first_sold_at"}


def completed(table: Table, rows: ir.Table, intake: Intake, *, extra: tuple[str, ...] = ()) -> ir.Table:
    """Rows with every declared column, in order and typed: defaults where a required one was left out, null elsewhere."""
    columns = {}
    for column in table.columns:
        if column.name in rows.columns:
            value = rows[column.name]
            default = _default(column.name, column.kind, intake) if column.required else None
            value = ibis.coalesce(value, default) if default is not None else value
            if column.name == "updated_at" and table not in DOCUMENT_TABLES:
                value = ibis.coalesce(value, intake.exported)
        elif column.name == "updated_at":
            value = intake.exported
        elif column.name in {"source", "received_at"} or column.required:
            value = _default(column.name, column.kind, intake)
        else:
            value = None
        columns[column.name] = ibis.null(column.type) if value is None else value.cast(column.type)
    for name in extra:
        columns[name] = (rows[name] if name in rows.columns else ibis.literal(0)).cast("int64")
    return rows.select(**columns)


def merge_rows(store: Store, table: Table, new: str, *, is_once: bool = False, tells: bool = False) -> int:
    """Bring new rows together with those of the store; how many were added or replaced.

    Args:
        store: it, within a transaction.
        table: one that is no document.
        new: name of a table with new rows, complete.
        is_once: whether it is known that no two of them have the same key.
        tells: whether `CHANGED` is to hold the keys of those that were added or replaced.
    """
    incoming = table.unbound(new) if is_once else _best(store, table, table.unbound(new))
    incoming = _news(store, table, incoming, {table.name: table.unbound()})
    if tells:
        store.create(CHANGED, incoming.select(key=incoming[table.key[0]]), temporary=True)
    return store.insert(table.name, incoming)


def merge_new_events(store: Store, rows: pa.Table, shortcuts: Shortcuts) -> int:
    """The same for events that a tick has received: what is to be added waits among `shortcuts.new_events`, for the tick to add.

    Args:
        store: it, within a transaction; told the moment.
        rows: of `facts.EVENTS`, complete.
        shortcuts: know whether the store may have any of them.
    """
    since, waiting = shortcuts.events.known_since(store, rows), shortcuts.new_events
    is_once = pc.count_distinct(rows["event_id"]).as_py() == rows.num_rows
    if since is not None or not is_once:
        rows = _news_of_events(store, rows, waiting, since)
    waiting.append(rows)
    return int(rows.num_rows)


def _news_of_events(store: Store, rows: pa.Table, waiting: list[pa.Table], since: datetime | None) -> pa.Table:
    """Events that the store, from an instant on, or those that wait may have: which of them change anything."""
    look_at_new_events(store, waiting)
    store.fill(_NEW, rows.to_reader(), temporary=True)
    held = {NEW_EVENTS: NEW}
    if since is not None:
        held[t.EVENTS.name] = _EVENTS.filter(_EVENTS.occurred_at >= literal(since))
    news = store.query(_news(store, t.EVENTS, _best(store, t.EVENTS, t.EVENTS.unbound(_NEW)), held))
    waiting[:] = [store.query(NEW)]
    for name in (NEW_EVENTS, _NEW):
        store.drop(name, temporary=True)
    return news


def _news(store: Store, table: Table, incoming: ir.Table, held: Mapping[str, ir.Table]) -> ir.Table:
    """New rows, but for those that change nothing; what they replace is deleted where it is held: rows by the names of tables."""
    store.create("_load_known", _with_key_of(table, _all_of(*held.values()), incoming), temporary=True)
    known = table.unbound("_load_known")
    if not any_of(store, known):
        return incoming
    may_replace = table.name not in EARLIEST or any_of(store, _not_later(table, incoming, known))
    store.create("_load_winners", (_winning if may_replace else _fresh)(table, incoming, known), temporary=True)
    winners = table.unbound("_load_winners")
    if may_replace:
        leave(store, table, _with_key_of(table, known, winners))
        for name in held:
            store.delete(name, _keys(table, winners), table.key)
    return winners


@said_once
def _all_of(*rows: ir.Table) -> ir.Table:
    return ibis.union(*rows)


@said_once
def _with_key_of(table: Table, rows: ir.Table, others: ir.Table) -> ir.Table:
    return rows.semi_join(others, list(table.key))


@said_once
def _keys(table: Table, rows: ir.Table) -> ir.Table:
    return rows.select(*table.key)


def merge_documents(store: Store, new: Mapping[str, str]) -> int:
    """Bring orders, each with its lines and refunds, together with those of the store.

    Args:
        store: it, within a transaction.
        new: names of tables with new rows, by fact table; complete, with `_block` and, for orders, `_amount`.
    """
    incoming = _documents(tuple(new.items()))
    store.create("_load_documents", incoming, temporary=True)
    store.create("_load_winners", _newer(incoming), temporary=True)
    winners = _winners(incoming)
    store.create(CHANGED, winners.select(key=winners.order_id), temporary=True)
    keys = _keys(t.DOCUMENTS, winners)
    if any_of(store, _with_key_of(t.DOCUMENTS, t.DOCUMENTS.unbound(), winners)):
        leave(store, t.ORDERS, _with_key_of(t.ORDERS, t.ORDERS.unbound(), winners))
        for table in (t.DOCUMENTS, *DOCUMENT_TABLES):
            store.delete(table.name, keys, ("order_id",))
    store.insert("documents", winners.drop(BLOCK))
    for table in DOCUMENT_TABLES:
        if table.name in new:
            store.insert(table.name, _of_blocks(table, new[table.name], winners))
    return count(store, winners)


@said_once
def _newer(incoming: ir.Table) -> ir.Table:
    """Of new documents, which are in `_load_documents`, the best of each order, if the store has none or an older one."""
    rows = ibis.table(incoming.schema(), name="_load_documents")
    best = _first(rows, ["order_id"], [rows.updated_at, rows.amount, rows.digest, rows[BLOCK]])
    known = t.DOCUMENTS.unbound()
    held = known.select(_id=known.order_id, _at=_at(known.updated_at), _held=known.amount, _digest=known.digest)
    met = best.left_join(held, best.order_id == held._id)
    at = _at(met.updated_at)
    newer = (at > met._at) | ((at == met._at) & ((met.amount > met._held) | ((met.amount == met._held) & (met.digest > met._digest))))
    return met.filter(met._id.isnull() | newer).select(*rows.columns)


@said_once
def _winners(incoming: ir.Table) -> ir.Table:
    return ibis.table(incoming.schema(), name="_load_winners")


@said_once
def _of_blocks(table: Table, new: str, documents: ir.Table) -> ir.Table:
    """The new rows that stand beside documents."""
    return _with(table, new, BLOCK).semi_join(documents, ["order_id", BLOCK]).select(*(c.name for c in table.columns))


def digest(table: Table, rows: ir.Table) -> ir.IntegerValue:
    """A number for the content of a row: equal for equal rows, whenever they were received."""
    texts = [ibis.coalesce(rows[c.name].cast("string"), ibis.literal("")) for c in table.columns if c.name not in _NOT_CONTENT]
    return named("row", *texts)


@said_once
def _documents(told: tuple[tuple[str, str], ...]) -> ir.Table:
    """One row per order and block: `facts.DOCUMENTS`, with a digest over all its rows."""
    parts, new = [], dict(told)
    for table in DOCUMENT_TABLES:
        if table.name in new:
            rows = _with(table, new[table.name], BLOCK)
            parts.append(rows.select("order_id", BLOCK, _part=digest(table, rows) % (1 << 40)))
    every = reduce(lambda a, b: a.union(b), parts)
    digests = every.group_by("order_id", BLOCK).agg(digest=every._part.sum().cast("int64"))
    orders = _with(t.ORDERS, new["orders"], BLOCK, AMOUNT)
    joined = orders.join(digests, ["order_id", BLOCK])
    return joined.select("order_id", BLOCK, "updated_at", "digest", amount=joined[AMOUNT])


def leave(store: Store, table: Table, rows: ir.Table) -> None:
    """Remember whose rows are about to be replaced."""
    if table is t.EVENTS:
        note_replaced(store, rows)
    if table is t.IDENTIFIERS:
        remember(store, EARLIER, rows.select("identifier_id"))
    if "customer_id" in table:
        owners = rows.filter(rows.customer_id.notnull()).select("customer_id")
        remember(store, REPLACED, owners)


def _best(store: Store, table: Table, rows: ir.Table) -> ir.Table:
    """New rows, one per key; ordering is only worked out when a key repeats."""
    repeated = _repeated(table, rows)
    if not any_of(store, repeated):
        return rows
    several = rows.semi_join(repeated, list(table.key))
    once = rows.anti_join(repeated, list(table.key))
    return once.union(_merged(table, several)).select(*(c.name for c in table.columns))


@said_once
def _repeated(table: Table, rows: ir.Table) -> ir.Table:
    times = rows.group_by(list(table.key)).agg(_n=rows.count())
    return times.filter(times._n > 1)


@said_once
def _fresh(table: Table, incoming: ir.Table, known: ir.Table) -> ir.Table:
    return incoming.anti_join(known, list(table.key))


@said_once
def _not_later(table: Table, incoming: ir.Table, known: ir.Table) -> ir.Table:
    """The keys of rows of an `EARLIEST` table that are not later than the known ones: no others can take their place."""
    new, old = (rows.select(*table.key, at=ibis.coalesce(rows[EARLIEST[table.name]], _instant(_FAR_AWAY))) for rows in (incoming, known))
    met = new.join(old, list(table.key), rname="known_{name}")
    return met.filter(met.at <= met.known_at).select(*table.key)


@said_once
def _winning(table: Table, incoming: ir.Table, known: ir.Table) -> ir.Table:
    """Rows that are not known, and those that take the place of a known one."""
    key = list(table.key)
    fresh = _fresh(table, incoming, known)
    met = incoming.semi_join(known, key)
    merged = _merged(table, met.union(known))
    differs = [c.name for c in table.columns if c.name != "received_at"]
    changed = merged.anti_join(known, [_same(merged, known, c) for c in differs])
    return fresh.union(changed)


def _merged(table: Table, rows: ir.Table) -> ir.Table:
    """One row per key: the one that holds."""
    if table is t.LISTINGS:
        rows = rows.mutate(first_sold_at=rows.first_sold_at.min().over(ibis.window(group_by=list(table.key))))
    if table.name in EARLIEST:
        order = [ibis.coalesce(rows[EARLIEST[table.name]], _instant(_FAR_AWAY))]
    else:
        order = [-_micro(rows.updated_at)] if "updated_at" in table else []
    window = ibis.window(group_by=list(table.key), order_by=[*order, -digest(table, rows), rows.received_at])
    return rows.mutate(_n=ibis.row_number().over(window)).filter(lambda r: r._n == 0).drop("_n")


def _first(rows: ir.Table, by: list[str], greatest: list[ir.Value]) -> ir.Table:
    window = ibis.window(
        group_by=by, order_by=[ibis.desc(ibis.coalesce(v, _instant(_LONG_AGO)) if v.type().is_timestamp() else v) for v in greatest]
    )
    return rows.mutate(_n=ibis.row_number().over(window)).filter(lambda r: r._n == 0).drop("_n")


def _same(left: ir.Table, right: ir.Table, column: str) -> ir.BooleanValue:
    return left[column].identical_to(right[column])


def _with(table: Table, name: str, *extra: str) -> ir.Table:
    return ibis.table({**dict(table.schema().items()), **dict.fromkeys(extra, "int64")}, name=name)


def _at(instant: ir.TimestampValue) -> ir.TimestampValue:
    return ibis.coalesce(instant, _instant(_LONG_AGO))


def _micro(instant: ir.TimestampValue) -> ir.IntegerValue:
    return ibis.coalesce(instant.epoch_seconds().cast("int64"), ibis.literal(-(1 << 60)))


def _instant(value: datetime) -> ir.TimestampValue:
    return ibis.literal(value.replace(tzinfo=None), type=type_of("instant"))


def _default(name: str, kind: str, intake: Intake) -> ir.Value | None:
    by_name = {
        "source": lambda: ibis.literal(intake.source),
        "received_at": lambda: intake.received,
        "currency": lambda: ibis.literal(intake.currency),
    }
    by_kind = {
        "money": lambda: ibis.literal(0, type="int64"),
        "count": lambda: ibis.literal(0, type="int64"),
        "quantity": lambda: ibis.literal(0).cast(type_of("quantity")),
        "flag": lambda: ibis.literal(value=False),
    }
    made = by_name.get(name) or by_kind.get(kind)
    return made() if made else None
