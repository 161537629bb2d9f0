"""Scratch tables of a load: temporary ones, which are dropped when it has finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import ibis.expr.operations as ops

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.ports.engine import Store


def kept(store: Store, name: str, rows: ir.Table) -> ir.Table:
    """Rows as a temporary table of their own, worked out once and read often; what is the same in all of them is not written."""
    same = {column: value for column in rows.columns if (value := _same(rows, column)) is not None}
    written = rows.drop(*same)
    store.create(name, written, temporary=True)
    table = ibis.table(written.schema(), name=name)
    return table.select(**{column: same[column] if column in same else table[column] for column in rows.columns}) if same else table


def remember(store: Store, name: str, rows: ir.Table) -> None:
    """Add rows to a temporary table that lasts until all files of a load are in."""
    if name in store.tables():
        store.insert(name, rows)
    else:
        store.create(name, rows, temporary=True)


def _same(rows: ir.Table, column: str) -> ir.Value | None:
    """The value that stands for a column in the expression itself; None where it is worked out for each row."""
    place = rows.op()
    while isinstance(place, (ops.Filter, ops.Project, ops.JoinChain)):
        value = place.values[column]
        if isinstance(value, ops.Literal):
            return value.to_expr()
        if isinstance(place, ops.JoinChain) or not isinstance(value, ops.Field):
            return None
        place, column = value.rel, value.name
    return None
