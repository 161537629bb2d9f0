"""When each customer has to be looked at again although nothing happens: kept, so that windows end on time and nobody is scanned for.

A customer is due when a condition can flip by the passing of time (`segments.due`), or when a fact that is dated ahead comes true.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import ibis

from patron.kernel.expressions import said_once
from patron.kernel.tables import Column, Table
from patron.kernel.time import MICROSECOND, literal, moment, type_of_instant
from patron.segments.due import due_table
from patron.segments.terms import MEMBERSHIP_CHANGES
from patron.segments.tree import Moved

if TYPE_CHECKING:
    from collections.abc import Mapping
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
SOON = timedelta(minutes=1)
"""Whoever is due so soon is read with those who are due now, and looked for first."""
_MOST = 100


def due_rows(plan: Plan, stats: Mapping[str, object]) -> ir.Table:
    """`DUE` for the customers of a plan, from the tables that its conditions read.

    Args:
        plan: the segments, and the facts of those who are asked about.
        stats: the row of `plan.statistics`.
    """
    conditions = due_table(plan, stats)
    found = conditions.filter(conditions.due_at.notnull()).cast({"due_at": type_of_instant})
    moved = who_moved(plan, plan.facts.now)
    for ahead in (plan.facts.ahead, *([] if moved is None else [moved])):
        found = found.union(ahead.select("customer_id", due_at=(ahead.known_at + MICROSECOND).cast(type_of_instant)))
    return found.group_by("customer_id").aggregate(due_at=found.due_at.min())


def who_moved(plan: Plan, since: ir.TimestampValue) -> ir.Table | None:
    """Who entered or left segments of which others ask that, from an instant on: customer_id, known_at; None where none asks."""
    asked = sorted({term.slug for term in plan.terms() if isinstance(term, Moved)})
    if not asked:
        return None
    changes = plan.facts.whose(MEMBERSHIP_CHANGES)
    return changes.filter(changes.changed_at >= since, changes.segment.isin(asked)).select("customer_id", known_at="changed_at")


def due_when_moved(store: Store, plan: Plan) -> None:
    """Have those looked at again who entered or left a segment at the moment, where others ask for that: nobody is due before them.

    Args:
        store: it, within a transaction; everybody who was due by the moment has been looked at.
        plan: of everybody.
    """
    moved = who_moved(plan, moment())
    if moved is not None:
        rows = moved.select("customer_id", due_at=(moved.known_at + MICROSECOND).cast(type_of_instant)).distinct()
        store.renew(DUE.name, rows, rows.select("customer_id"))


@said_once
def due_now() -> ir.Table:
    """The customers who are due at the moment: customer_id."""
    return due_until(moment())


def due_until(instant: ir.TimestampValue) -> ir.Table:
    """The customers who are due by an instant: customer_id."""
    due = DUE.unbound()
    return due.filter(due.due_at <= instant).select("customer_id")


def due_since(after: datetime, *, but: datetime) -> ir.Table:
    """The customers who have become due between two ticks, but for those who did at one instant: customer_id."""
    due = DUE.unbound()
    return due.filter(due.due_at > literal(after), due.due_at <= moment(), due.due_at != literal(but)).select("customer_id")


def soon_due(store: Store, now: datetime) -> tuple[list[tuple[datetime, int]], datetime | None]:
    """Customers who are due after the moment and when, the first ones in order; and until when these are all, None where that is for good.

    Args:
        store: it, which was told the moment.
        now: the moment.
    """
    found, until = store.query(_soon()), now + SOON
    if not found.num_rows:
        found = store.query(_first())
    soon = [(row["due_at"].replace(tzinfo=UTC), row["customer_id"]) for row in found.to_pylist()]
    if not soon:
        return [], None
    last, _ = soon[-1]
    return soon, until if last <= until and len(soon) < _MOST else last - timedelta.resolution


@said_once
def _soon() -> ir.Table:
    due = DUE.unbound()
    soon = due.filter(due.due_at > moment(), due.due_at <= moment() + ibis.interval(SOON))
    return soon.order_by("due_at", "customer_id").limit(_MOST)


@said_once
def _first() -> ir.Table:
    due = DUE.unbound()
    return due.filter(due.due_at > moment()).order_by("due_at").limit(1)
