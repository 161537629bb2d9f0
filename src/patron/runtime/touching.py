"""Which customers a tick has to look at: those of whom facts have come, whose identity or profile changed, and those who are due."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.facts import tables as t
from patron.kernel.time import moment
from patron.runtime.renewing import TOUCHED

if TYPE_CHECKING:
    from collections.abc import Iterable

    import ibis.expr.types as ir

    from patron.kernel.tables import Table
    from patron.ports.engine import Store

OF_CUSTOMERS = tuple(table for table in t.FACTS if "customer_id" in table and "received_at" in table)
"""Facts that say whose they are and when they were received."""


def touch(store: Store, written: Iterable[str], others: Iterable[ir.Table], due: ir.Table) -> int:
    """Make the table `TOUCHED`; how many customers are in it.

    Args:
        store: told the moment, at which what is new was received.
        written: the fact tables that have new rows.
        others: more customers (customer_id) of whom something has changed.
        due: customers (customer_id) for whom time has passed.
    """
    names = frozenset(written)
    told = [*(_received(table) for table in OF_CUSTOMERS if table.name in names), *others]
    parts = [part.select("customer_id", is_due=ibis.literal(value=False)) for part in told]
    every = ibis.union(*parts, due.mutate(is_due=ibis.literal(value=True)))
    known = every.filter(every.customer_id.notnull())
    store.create(TOUCHED, known.group_by("customer_id").aggregate(is_due=known.is_due.all()), temporary=True)
    touched = ibis.table({"customer_id": "int64"}, name=TOUCHED)
    return int(store.query(touched.aggregate(n=touched.count()))["n"][0].as_py())


def _received(table: Table) -> ir.Table:
    rows = table.unbound()
    return rows.filter(rows.received_at == moment()).select("customer_id")
