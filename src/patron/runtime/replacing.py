"""Replacing: bring a table to what an expression says, writing only the rows that differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.kernel.tables import Table
    from patron.ports.engine import Store

_CHANGED, _GONE = "_replace_changed", "_replace_gone"


def replaced(store: Store, table: Table, rows: ir.Table, *, moved: str = "") -> int:
    """How many rows of a table had to be written or removed for it to hold exactly these.

    Args:
        store: holds the table.
        table: its declaration; its key tells rows apart.
        rows: what it shall hold, one row per key.
        moved: the name of a temporary table to be made of the rows written and, with nothing but their key, the rows removed.
    """
    old, key = table.unbound(), list(table.key)
    store.create(_CHANGED, rows.select(*old.columns).difference(old), temporary=True)
    changed = table.unbound(_CHANGED)
    store.create(_GONE, old.anti_join(rows, key).select(*key), temporary=True)
    gone = ibis.table({k: old.schema()[k] for k in key}, name=_GONE)
    store.delete(table.name, changed.select(*key).union(gone), table.key)
    written = store.insert(table.name, changed)
    removed = int(store.query(gone.aggregate(n=gone.count())).column("n")[0].as_py())
    if moved:
        blank = {c: ibis.null(old.schema()[c]) for c in old.columns if c not in key}
        store.create(moved, changed.union(gone.mutate(**blank).select(*old.columns)), temporary=True)
    store.drop(_CHANGED)
    store.drop(_GONE)
    return written + removed
