"""Which customers a tick has to look at: those of whom facts have come, whose identity or profile changed, and those who are due."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.facts import tables as t
from patron.kernel.expressions import said_once
from patron.kernel.time import moment
from patron.runtime.new_events import NEW
from patron.runtime.old_events import is_old

if TYPE_CHECKING:
    from collections.abc import Iterable

    import ibis.expr.operations as ops
    import ibis.expr.types as ir
    import pyarrow as pa

    from patron.kernel.tables import Table
    from patron.ports.engine import Store

TOUCHED = "_touched"
"""A temporary table of the customers to be looked at, with what has come of them."""
TOUCHED_ROWS = ibis.table({"customer_id": "int64", "is_due": "boolean", "only_events": "boolean"}, name=TOUCHED)
"""Its rows: `is_due`, nothing but time has passed; `only_events`, nothing has come but events that are not old, or nothing at all."""

OF_CUSTOMERS = tuple(table for table in t.FACTS if "customer_id" in table and "received_at" in table)
"""Facts that say whose they are and when they were received."""


def touch(store: Store, written: Iterable[str], others: Iterable[ir.Table], due: ir.Table) -> pa.Table:
    """Make the table `TOUCHED`; its rows.

    Args:
        store: told the moment, at which what is new was received.
        written: the fact tables that have new rows.
        others: more customers (customer_id) of whom something has changed.
        due: customers (customer_id) for whom time has passed.
    """
    store.create(TOUCHED, _once(frozenset(written), tuple(rows.op() for rows in others), due.op()), temporary=True)
    return store.query(TOUCHED_ROWS)


@said_once
def _once(written: frozenset[str], others: tuple[ops.Relation, ...], due: ops.Relation) -> ir.Table:
    """Each of them once, by what most ticks have in common."""
    told = [_received(table) for table in OF_CUSTOMERS if table.name in written]
    stirred = [_whose(rows.to_expr()) for rows in others]
    every = ibis.union(*told, *stirred, _whose(due.to_expr(), is_due=True, only_events=True))
    known = every.filter(every.customer_id.notnull())
    return known.group_by("customer_id").aggregate(is_due=known.is_due.all(), only_events=known.only_events.all())


def _received(table: Table) -> ir.Table:
    if table is t.EVENTS:
        return _whose(NEW, only_events=~is_old(NEW.occurred_at))
    rows = table.unbound()
    return _whose(rows.filter(rows.received_at == moment()))


def _whose(rows: ir.Table, *, is_due: bool = False, only_events: ir.BooleanValue | bool = False) -> ir.Table:
    flag = ibis.literal(only_events) if isinstance(only_events, bool) else only_events
    return rows.select("customer_id", is_due=ibis.literal(is_due), only_events=flag)
