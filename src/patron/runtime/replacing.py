"""Replacing: bring a table to what an expression says, writing only the rows that differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from patron.kernel.expressions import said_once

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

    from patron.kernel.tables import Table
    from patron.ports.engine import Engine, Store

_CHANGED, _GONE = "_replace_changed", "_replace_gone"


@dataclass(frozen=True, slots=True)
class Difference:
    """What has to be done for a table to hold what it shall.

    Attributes:
        table: its declaration.
        changed: rows to be written in the place of those with their key, if there are any.
        gone: the keys of rows to be removed.
    """

    table: Table
    changed: pa.Table
    gone: pa.Table


def replaced(store: Store, table: Table, rows: ir.Table, *, moved: str = "") -> int:
    """How many rows of a table had to be written or removed for it to hold exactly these.

    Args:
        store: holds the table.
        table: its declaration; its key tells rows apart.
        rows: what it shall hold, one row per key.
        moved: the name of a temporary table to be made of the rows written and, with nothing but their key, the rows removed.
    """
    changed, gone = _sides(table, rows)
    store.create(_CHANGED, changed, temporary=True)
    store.create(_GONE, gone, temporary=True)
    return _write(store, table, moved)


def difference(engine: Engine, table: Table, rows: ir.Table) -> Difference:
    """What few rows of a table lack to be exactly these.

    Args:
        engine: holds these rows of the table, under its name, and no others.
        table: its declaration; its key tells rows apart.
        rows: what it shall hold, one row per key.
    """
    changed, gone = _sides(table, rows)
    return Difference(table, engine.query(changed), engine.query(gone))


def make_up(store: Store, what: Difference, *, moved: str = "") -> int:
    """Carry a difference out; how many rows were written or removed. `moved` is as in `replaced`, but for none nothing is made."""
    if not (what.changed.num_rows or what.gone.num_rows):
        return 0
    store.fill(_CHANGED, what.changed.to_reader(), temporary=True)
    store.fill(_GONE, what.gone.to_reader(), temporary=True)
    return _write(store, what.table, moved)


@said_once
def _sides(table: Table, rows: ir.Table) -> tuple[ir.Table, ir.Table]:
    old, key = table.unbound(), list(table.key)
    return rows.select(*old.columns).difference(old), old.anti_join(rows, key).select(*key)


def _write(store: Store, table: Table, moved: str) -> int:
    old, key = table.unbound(), list(table.key)
    changed, gone = table.unbound(_CHANGED), ibis.table({k: old.schema()[k] for k in key}, name=_GONE)
    store.delete(table.name, changed.select(*key).union(gone), table.key)
    written = store.insert(table.name, changed)
    removed = int(store.query(gone.aggregate(n=gone.count())).column("n")[0].as_py())
    if moved:
        blank = {c: ibis.null(old.schema()[c]) for c in old.columns if c not in key}
        store.create(moved, changed.union(gone.mutate(**blank).select(*old.columns)), temporary=True)
    store.drop(_CHANGED)
    store.drop(_GONE)
    return written + removed
