"""Partials of when customers last did something on the site, however long ago that was.

Windows end, so an old event tells no more than when it was. What is kept of it by identifier, and the events of `RECENT`, tell the same as
all events; so no tick reads through years of them, and one customer with a million of them costs no more than others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.facts.as_of import RECENT
from patron.facts.pauses import on_site
from patron.features.partials.events import CARTS
from patron.features.partials.partial import Partial, last_in
from patron.kernel.tables import Column, Table

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.facts.as_of import Facts

OLD = RECENT / 2
"""Events are old that happened so long before everything was worked out. For as long again none falls between them and the recent ones."""

OLD_EVENTS_TABLE = Table(
    "p_old_events",
    "one row, or several, per identifier by which something was done long ago: the last of it",
    (),
    (
        Column("visitor_id", "id", "the identifier; null where only the customer is known"),
        Column("customer_id", "id", "whose it is; null where that is unknown"),
        Column("last_event_at", "instant", "when it last did anything"),
        Column("last_visit_at", "instant", "when it was last on the site or in the app"),
        Column("last_cart_at", "instant", "when it last put something into the cart"),
    ),
)


def last_by_identifier(events: ir.Table) -> ir.Table:
    """The rows of `OLD_EVENTS_TABLE` that old events make."""
    told = events.filter(events.visitor_id.notnull() | events.customer_id.notnull())
    return _last(told, "visitor_id", "customer_id")


def _last(events: ir.Table, *by: str) -> ir.Table:
    return events.group_by(list(by)).aggregate(
        last_event_at=events.occurred_at.max(),
        last_visit_at=last_in(on_site(events), events.occurred_at),
        last_cart_at=last_in(events.kind.isin(CARTS), events.occurred_at),
    )


def _old_events(facts: Facts) -> ir.Table:
    return last_by_identifier(facts.events.filter(facts.events.occurred_at < facts.ago(OLD)))


OLD_EVENTS = Partial("old_events", _old_events, grain="identifier")


def _lifetime(facts: Facts) -> ir.Table:
    recent = _last(facts.events_in_last(RECENT), "customer_id")
    both = facts.whose(OLD_EVENTS.table(facts)).select(recent.columns).union(recent)
    known = both.filter(both.customer_id.notnull())
    return known.group_by("customer_id").aggregate(**{c: known[c].max() for c in recent.columns if c != "customer_id"})


EVENTS = Partial("events", _lifetime, reads=(OLD_EVENTS,))
