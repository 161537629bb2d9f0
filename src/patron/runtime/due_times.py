"""When each customer has to be looked at again although nothing happens: kept, so that windows end on time and nobody is scanned for.

A customer is due when a condition can flip by the passing of time (`segments.due`), or when a fact that is dated ahead comes true.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import ibis

from patron.kernel.tables import Column, Table
from patron.kernel.time import moment, type_of_instant
from patron.segments.due import due_table
from patron.segments.terms import MEMBERSHIP_CHANGES
from patron.segments.tree import Moved

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    import ibis.expr.types as ir

    from patron.ports.engine import Store
    from patron.segments.plan import Plan

DUE = Table(
    "due",
    "one row per customer who may enter or leave a segment without a new fact",
    ("customer_id",),
    (
        Column("customer_id", "id", "the customer", required=True),
        Column("due_at", "instant", "the first instant at which that may be so", required=True),
    ),
)
_TICK = ibis.interval(microseconds=1)  # a fact is known after its instant


def due_rows(plan: Plan, stats: Mapping[str, object]) -> ir.Table:
    """`DUE` for the customers of a plan, from the tables that its conditions read.

    Args:
        plan: the segments, and the facts of those who are asked about.
        stats: the row of `plan.statistics`.
    """
    conditions = due_table(plan, stats)
    found = conditions.filter(conditions.due_at.notnull()).cast({"due_at": type_of_instant})
    for ahead in (plan.facts.ahead, *_moved(plan)):
        found = found.union(ahead.select("customer_id", due_at=(ahead.known_at + _TICK).cast(type_of_instant)))
    return found.group_by("customer_id").aggregate(due_at=found.due_at.min())


def _moved(plan: Plan) -> Iterable[ir.Table]:
    """Who entered or left a segment just now, where segments ask for it."""
    if any(isinstance(term, Moved) for term in plan.terms()):
        changes = plan.facts.whose(MEMBERSHIP_CHANGES)
        yield changes.filter(changes.changed_at >= plan.facts.now).select("customer_id", known_at="changed_at")


def due_now() -> ir.Table:
    """The customers who are due at the moment: customer_id."""
    due = DUE.unbound()
    return due.filter(due.due_at <= moment()).select("customer_id")


def next_due(store: Store) -> datetime | None:
    """When somebody is due next; None when nobody ever is."""
    due = DUE.unbound()
    found = store.query(due.aggregate(at=due.due_at.min()))["at"][0].as_py()
    return found.replace(tzinfo=UTC) if found else None
