"""Which events belong to the same session: a visit of a customer to the site or the app.

The client's own session is one where it names it. Events without are put together: one that comes less than 30 minutes after the one before
belongs to the same session, one that comes after 30 minutes or more begins another. Midnight ends none, and neither does a new campaign.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import ibis

from patron.kernel.time import literal, seconds_between

if TYPE_CHECKING:
    import ibis.expr.types as ir

PAUSE = ibis.interval(minutes=30)
"""Without an event for so long, a session is over."""
_DAY_ZERO = literal(datetime(1970, 1, 1, tzinfo=UTC))


def on_site(events: ir.Table) -> ir.BooleanValue:
    """Whether events happened during a visit to the site or the app; without a channel they did."""
    return events.channel.isnull() | events.channel.isin(["web", "app"])


def whose(rows: ir.Table, customer_id: int | None) -> ir.Table:
    """The rows of one customer, or all."""
    return rows if customer_id is None else rows.filter(rows.customer_id == customer_id)


def in_sessions(events: ir.Table) -> ir.Table:
    """Events of sessions, with `session`: of two events of a customer the same number if they belong to the same session.

    Args:
        events: `facts.EVENTS` of customers; others are left out.

    Notes:
        A client's session keeps its id, which is positive; others are numbered by the second at which they begin, below zero.
    """
    site = events.filter(events.customer_id.notnull(), on_site(events))
    told = site.filter(site.session_id.notnull())
    return told.mutate(session=told.session_id).union(_by_pauses(site.filter(site.session_id.isnull())))


def _by_pauses(events: ir.Table) -> ir.Table:
    order = [events.occurred_at, events.event_id]
    before = events.occurred_at.lag().over(ibis.window(group_by=events.customer_id, order_by=order))
    begins = before.isnull() | (events.occurred_at >= before + PAUSE)
    marked = events.mutate(_began_at=ibis.ifelse(begins, events.occurred_at, ibis.null(events.occurred_at.type())))
    so_far = ibis.cumulative_window(group_by=marked.customer_id, order_by=[marked.occurred_at, marked.event_id])
    began_at = marked._began_at.max().over(so_far)
    return marked.mutate(session=-1 - seconds_between(began_at, _DAY_ZERO)).drop("_began_at")
