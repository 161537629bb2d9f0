"""What is kept of events of long ago stays true: when old ones come late, are replaced or forgotten, or turn out to be another's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.facts import tables as t
from patron.features.partials.last_events import OLD, OLD_EVENTS_TABLE, last_by_identifier
from patron.kernel.expressions import said_once
from patron.kernel.time import moment
from patron.runtime.loading_counts import any_of
from patron.runtime.loading_scratch import remember
from patron.runtime.new_events import NEW

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.ports.engine import Store

_KEPT = OLD_EVENTS_TABLE.name
REPLACED_EVENTS = "_load_replaced_events"
"""Old events (visitor_id) that were replaced by others; there is no such table when none was."""
_ROWS, _EVENTS, _IDENTITIES = OLD_EVENTS_TABLE.unbound(), t.EVENTS.unbound(), t.IDENTITIES.unbound()


def is_old(at: ir.TimestampValue) -> ir.BooleanValue:
    """Whether something happened so long before the moment that it may not be among the recent events."""
    return at < moment() - ibis.interval(days=OLD.days)


def note_replaced(store: Store, events: ir.Table) -> None:
    """Remember by whom old ones of these events were, which others are about to replace.

    Args:
        store: it, within a transaction.
        events: rows of `facts.EVENTS`.
    """
    old = events.filter(is_old(events.occurred_at)).select("visitor_id")
    if any_of(store, old):
        remember(store, REPLACED_EVENTS, old)


def keep_old_events(store: Store) -> None:
    """Bring up to the moment what is kept, after events were received at it.

    Args:
        store: it, within a transaction; told the moment. It is known whose new events are.
    """
    old = _new_old()
    if any_of(store, old):  # there hardly ever are
        store.insert(_KEPT, last_by_identifier(old))


def look_again_at_replaced(store: Store) -> None:
    """Keep nothing of events that are gone: of those in `REPLACED_EVENTS`."""
    look_at_again(store, ibis.table({"visitor_id": "int64"}, name=REPLACED_EVENTS))


def look_at_again(store: Store, visitors: ir.Table) -> None:
    """Keep of these identifiers what events tell now.

    Args:
        store: it, within a transaction; told the moment.
        visitors: the identifiers (visitor_id).
    """
    store.delete(_KEPT, visitors, ("visitor_id",))
    store.insert(_KEPT, last_by_identifier(_EVENTS.filter(is_old(_EVENTS.occurred_at)).semi_join(visitors, "visitor_id")))


def follow(store: Store, since: ir.TimestampValue) -> None:
    """Bring what was kept of events, as they stood at an instant, up to the moment: it was worked out beside what has happened since.

    Args:
        store: it, within a transaction; told the moment.
        since: the instant.
    """
    owners = _IDENTITIES.rename(visitor_id="identifier_id", _owner="customer_id")
    met = _ROWS.left_join(owners, "visitor_id")
    owner = ibis.ifelse(met.visitor_id.isnull(), met.customer_id, met._owner)
    store.create(_KEPT, met.mutate(customer_id=owner).select(*_ROWS.columns))
    store.insert(_KEPT, _received(since))
    forgotten = t.FORGOTTEN.unbound()
    gone = forgotten.filter(forgotten.received_at >= since).select(visitor_id="identifier_id").distinct()
    if any_of(store, gone):
        look_at_again(store, gone)


def _received(since: ir.TimestampValue) -> ir.Table:
    return last_by_identifier(_EVENTS.filter(_EVENTS.received_at >= since, is_old(_EVENTS.occurred_at)))


@said_once
def _new_old() -> ir.Table:
    return NEW.filter(is_old(NEW.occurred_at))
