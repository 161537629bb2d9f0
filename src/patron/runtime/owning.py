"""Whose each fact is: the customer of the identifier that it came with. Lines, and refunds without a buyer, follow their order."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pyarrow.compute as pc

from patron.facts import tables as t
from patron.facts.as_of import HAPPENED
from patron.features.partials.last_events import OLD_EVENTS_TABLE
from patron.kernel.expressions import said_once
from patron.kernel.time import moment
from patron.runtime.new_events import NEW, look_at_new_events

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    import ibis.expr.types as ir
    import pyarrow as pa

    from patron.ports.engine import Store
    from patron.runtime.met import Met, Shortcuts

_IDENTITIES, _ORDERS, _REFUNDS = t.IDENTITIES.unbound(), t.ORDERS.unbound(), t.REFUNDS.unbound()
_OWNERS = "_who_owners"
_DATED = frozenset({"events"})
"""Facts that are never without an instant, by which their identifier was seen at the latest."""
_FOLLOWING = frozenset({"orders", "refunds", "order_lines"})


@dataclass(frozen=True, slots=True)
class Moved:
    """Identifiers that point at another customer than before.

    Attributes:
        rows: `facts.IDENTITIES` of them as they are now; no customer where they point at none any more.
        since: when the first of them was first seen; None where that is not known of all.
    """

    rows: ir.Table
    since: datetime | None = None

    def values(self, column: str) -> ir.Table:
        """The same, with the identifier under the name that facts give it."""
        return self.rows.rename({column: "identifier_id"})


def own(store: Store, moved: Moved | None) -> dict[str, int]:
    """Set the customer of every fact that has none yet, and of those whose identifier moved; how many rows changed, per table.

    Args:
        store: it, within a transaction; identities are worked out.
        moved: the identifiers that moved; None where identities are as they were.
    """
    changed = _counts()
    for name, column in t.PERSONS.items():
        if moved is not None:
            changed[name] += store.update(name, moved.values(column), (column,))
        changed[name] += store.update(name, _IDENTITIES.rename({column: "identifier_id"}), (column,), only="unknown")
    if moved is not None:
        store.declare(OLD_EVENTS_TABLE)
        store.update(OLD_EVENTS_TABLE.name, moved.values("visitor_id"), ("visitor_id",))
    of_order = _ORDERS.select("order_id", "customer_id")
    changed["refunds"] += store.update("refunds", _refunds_of(of_order), ("refund_id",))
    changed["order_lines"] += store.update("order_lines", of_order, ("order_id",), only="unknown" if moved is None else "all")
    return changed


def own_new(store: Store, written: Collection[str], moved: Moved | None, shortcuts: Shortcuts) -> dict[str, int]:
    """The same where all was up to date before and new rows were received at the moment: no other row is looked at in vain.

    Args:
        store: it, within a transaction; identities are worked out.
        written: the tables that have new rows; those of events wait, and are added.
        moved: the identifiers that moved; None where identities are as they were.
        shortcuts: know whose identifiers are that were met before, and the new events.
    """
    changed, met = _counts(), shortcuts.met
    if moved is not None:
        met.move(store.query(moved.rows))
    new = {*written, *_FOLLOWING} if "orders" in written else frozenset(written)
    for name, column in t.PERSONS.items():
        if moved is not None:
            since = (HAPPENED[name], moved.since) if name in _DATED and moved.since is not None else None
            changed[name] += store.update(name, moved.values(column), (column,), since=since)
        if name == "events" and name in new:
            look_at_new_events(store, [_owned(store, rows, met) for rows in shortcuts.new_events])
            shortcuts.new_events.clear()
            store.insert(name, NEW)
        elif name in new:
            with _owners(store, name, column, met) as owners:
                changed[name] += store.update(name, owners, (column,), only="unknown" if name == "refunds" else "unknown, new")
    if moved is not None:
        store.update(OLD_EVENTS_TABLE.name, moved.values("visitor_id"), ("visitor_id",))
    if moved is not None or not _FOLLOWING.isdisjoint(new):
        changed["refunds"] += store.update("refunds", _refunds_of(_ORDERS), ("refund_id",))
        changed["order_lines"] += store.update("order_lines", _orders_of_new(moved), ("order_id",))
    return changed


def _counts() -> dict[str, int]:
    return dict.fromkeys((*t.PERSONS, "order_lines"), 0)


@said_once
def _refunds_of(orders: ir.Table) -> ir.Table:
    """Whose the refunds without a buyer are: refund_id, customer_id."""
    nameless = _REFUNDS.filter(_REFUNDS.buyer_id.isnull()).select("refund_id", "order_id")
    return nameless.join(orders.select("order_id", "customer_id"), "order_id").select("refund_id", "customer_id")


def _orders_of_new(moved: Moved | None) -> ir.Table:
    """Orders that were received at the moment or whose buyer moved: order_id, customer_id."""
    new = _ORDERS.filter(_ORDERS.received_at == moment()).select("order_id", "customer_id")
    if moved is None:
        return new
    return new.union(_ORDERS.semi_join(moved.values("buyer_id"), "buyer_id").select("order_id", "customer_id"), distinct=True)


@contextmanager
def _owners(store: Store, name: str, column: str, met: Met) -> Iterator[ir.Table]:
    """The identities of those whom rows without a customer are about that were received at the moment; within the block.

    They are few, so that no large table is prepared. Refunds are worked out of credits that were received before.
    """
    ids = np.sort(store.query(_of_nobody(name, column))["identifier_id"].to_numpy())
    store.fill(_OWNERS, met.owners(store, ids).to_reader(), temporary=True)
    yield _owner(column)
    store.drop(_OWNERS, temporary=True)


def _owned(store: Store, events: pa.Table, met: Met) -> pa.Table:
    """Rows of events with the customers of their visitors."""
    visitors = events["visitor_id"].combine_chunks()
    owners = met.owners(store, np.unique(visitors.drop_null().to_numpy()))
    whose = owners["customer_id"].take(pc.index_in(visitors, value_set=owners["identifier_id"].combine_chunks()))
    return events.set_column(events.column_names.index("customer_id"), events.schema.field("customer_id"), whose)


@said_once
def _of_nobody(name: str, column: str) -> ir.Table:
    rows = t.BY_NAME[name].unbound()
    of_nobody = rows.filter(rows.customer_id.isnull(), rows[column].notnull())
    new = of_nobody if name == "refunds" else of_nobody.filter(rows.received_at == moment())
    return new.select(identifier_id=rows[column]).distinct()


@said_once
def _owner(column: str) -> ir.Table:
    return ibis.table({"identifier_id": "int64", "customer_id": "int64"}, name=_OWNERS).rename({column: "identifier_id"})
