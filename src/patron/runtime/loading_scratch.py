"""Scratch tables of a load: temporary ones, which are dropped when it has finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.ports.engine import Store


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
