"""The events that a tick has received: they wait in memory until it is known whose they are, and are then looked at by themselves.

So none of the steps that ask for them looks for them among all events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from patron.facts import tables as t
from patron.kernel.arrow import arrow_rows
from patron.kernel.time import moment

if TYPE_CHECKING:
    from patron.ports.engine import Store

NEW_EVENTS = "_load_tick_events"
"""Rows of `facts.EVENTS`, in a temporary table that lasts until the tick is over; there is no such table when none came."""
NEW = t.EVENTS.unbound(NEW_EVENTS)


def look_at_new_events(store: Store, events: list[pa.Table]) -> None:
    """Give the store those that have waited, as the table `NEW_EVENTS`."""
    store.fill(NEW_EVENTS, pa.concat_tables([arrow_rows(t.EVENTS, []), *events]).to_reader(), temporary=True)


def look_for_new_events(store: Store) -> None:
    """Take those that were received at the moment from among all events: some have been deleted since, or they never waited."""
    events = t.EVENTS.unbound()
    store.create(NEW_EVENTS, events.filter(events.received_at == moment()), temporary=True)
