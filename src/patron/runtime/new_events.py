"""The events that a tick has received: they wait until it is known whose they are, and are looked at where they waited.

So none of the steps that ask for them looks for them among all events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.facts import tables as t
from patron.kernel.time import moment

if TYPE_CHECKING:
    from patron.ports.engine import Store

NEW_EVENTS = "_load_tick_events"
"""Rows of `facts.EVENTS`, in a temporary table that lasts until the tick is over; there is no such table when none came."""
NEW = t.EVENTS.unbound(NEW_EVENTS)


def look_for_new_events(store: Store) -> None:
    """Take those that were received at the moment from among all events: some have been deleted since, or they never waited."""
    events = t.EVENTS.unbound()
    store.create(NEW_EVENTS, events.filter(events.received_at == moment()), temporary=True)
