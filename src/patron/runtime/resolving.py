"""Resolving: who is one person, and whose each fact is.

Identities follow from identifiers, links, profiles and the merges that were undone, and only rows that come out differently are written.
A load works out everybody's anew; a tick those of the neighbourhood of what is new, which comes to the same (`neighbours`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from patron.facts import tables as t
from patron.identity.customers import ANONYMOUS
from patron.identity.evidence import evidence
from patron.kernel.expressions import said_once
from patron.kernel.ids import derived, shown
from patron.kernel.time import moment
from patron.runtime.forgetting import forget
from patron.runtime.loading_counts import any_of
from patron.runtime.neighbours import around_the_new, found
from patron.runtime.new_events import look_for_new_events
from patron.runtime.owning import Moved, own, own_new
from patron.runtime.reached import outdate
from patron.runtime.replacing import make_up, replaced
from patron.runtime.telling_apart import CUSTOMERS, IDENTITIES, MERGES, stirred, told_apart

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    import ibis.expr.types as ir

    from patron.ports.engine import Store
    from patron.runtime.met import Shortcuts

_EVIDENCE = frozenset({"identifiers", "links", "profiles", "forgotten"})  # what identities are worked out from
_IDENTIFIERS, _LINKS, _PROFILES, _RESOLVED = t.IDENTIFIERS.unbound(), t.LINKS.unbound(), t.PROFILES.unbound(), t.RESOLVED.unbound()
_MERGES, _IDENTITIES, _CUSTOMERS = t.MERGES.unbound(), t.IDENTITIES.unbound(), t.CUSTOMERS.unbound()
_MOVED, _STIRRED = "_who_moved", "_who_stirred"
STIRRED = ibis.table({"customer_id": "int64"}, name=_STIRRED)
"""Customers whose identifiers or profile the last resolving changed, those that are no more among them; a scratch table."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What resolving came to.

    Attributes:
        at: when it was done.
        customers: how many people there are.
        merges: how many merges hold.
        changed: rows written, per table; tables that stayed as they were are left out.
    """

    at: datetime
    customers: int
    merges: int
    changed: Mapping[str, int] = field(default_factory=dict)


def resolve(store: Store, *, now: datetime) -> Resolution:
    """Bring identities, merges, customers and the `customer_id` of every fact up to date; all of it or nothing.

    Args:
        store: holds the tables of `facts.FACTS` and `facts.LEDGER`.
        now: the present, for the answer; nothing that is kept depends on it.
    """
    with store.transaction():
        store.create(_STIRRED, _nobody(), temporary=True)
        store.declare(t.FORGOTTEN)
        changed = _told_apart(store)
        if forget(store, _STIRRED):
            changed = _added(changed, _told_apart(store))
        store.drop(_STIRRED)
        outdate(store)
        people, merges = _count(store, _CUSTOMERS), _count(store, _MERGES.filter(_MERGES.undone_at.isnull()))
    return Resolution(now, people, merges, {name: n for name, n in changed.items() if n})


def resolve_new(store: Store, written: Collection[str], shortcuts: Shortcuts, *, earlier: bool = True) -> dict[str, int]:
    """The same for a tick, of whom new facts and evidence concern; how many rows changed, per table. `STIRRED` stays for what follows.

    Args:
        store: it, within a transaction; told the moment, at which all that is new was received. Everything else is up to date.
        written: the tables that have new rows.
        shortcuts: what spares asking the store; with them the new events wait.
        earlier: whether identifiers of before may have turned out to have been seen earlier than was known.
    """
    store.create(_STIRRED, _nobody(), temporary=True)
    told = _EVIDENCE.intersection(written)
    if not told or (told == {_IDENTIFIERS.get_name()} and not earlier and not any_of(store, _new_people())):
        changed = own_new(store, written, None, shortcuts)  # browsers that met no one
    else:
        changed = _resolved_around(store, written, shortcuts)
    return {name: n for name, n in changed.items() if n}


@said_once
def _nobody() -> ir.Table:
    return _IDENTITIES.select("customer_id").limit(0)


@said_once
def _new_people() -> ir.Table:
    """Identifiers received at the moment that are not of browsers, or were forgotten."""
    new = _IDENTIFIERS.filter(_IDENTIFIERS.received_at == moment())
    forgotten = new.semi_join(t.FORGOTTEN.unbound(), "identifier_id")
    return new.filter(new.kind != ANONYMOUS).select("identifier_id").union(forgotten.select("identifier_id"))


def _told_apart(store: Store, *, stirs: bool = False) -> dict[str, int]:
    """Bring everything up to date with the identifiers, links and profiles that there are; how many rows changed, per table.

    Args:
        store: it.
        stirs: whether `STIRRED` is to be given whom it concerns.
    """
    digest = _digest(store)
    known = store.query(_RESOLVED).column("digest").to_pylist()
    if known == [digest]:
        return own(store, None)
    changed = _work_out(store, stirs=stirs)
    store.delete("resolved", _RESOLVED, ("digest",))
    store.insert("resolved", pa.table({"digest": [digest]}))
    return changed | own(store, Moved(t.IDENTITIES.unbound(_MOVED)))


def _digest(store: Store) -> str:
    """What identities are worked out from, as a short text."""
    figures = store.query(evidence(_IDENTIFIERS, _LINKS, _PROFILES, _MERGES)).to_pylist()[0]
    return shown("evi", derived(*(str(n) for n in figures.values())))


def _work_out(store: Store, *, stirs: bool) -> dict[str, int]:
    """Work out identities, merges and customers anew, and tell how many rows changed; `_MOVED` holds the identities that did."""
    with told_apart(store):
        if stirs:
            store.insert(_STIRRED, stirred())
        return {
            "merges": replaced(store, t.MERGES, MERGES),
            "identities": replaced(store, t.IDENTITIES, IDENTITIES, moved=_MOVED),
            "customers": replaced(store, t.CUSTOMERS, CUSTOMERS),
        }


def _resolved_around(store: Store, written: Collection[str], shortcuts: Shortcuts) -> dict[str, int]:
    """Bring up to date whom the evidence that was received at the moment concerns; how many rows changed, per table."""
    store.declare(t.FORGOTTEN)
    store.delete("resolved", _RESOLVED, ("digest",))  # it stands for other evidence
    changed: dict[str, int] = {}
    news, moved = found(around_the_new(store), store, shortcuts.few), None
    if news is not None:
        store.insert(_STIRRED, news.stirred)
        changed = {"merges": make_up(store, news.merges), "customers": make_up(store, news.customers)}
        changed["identities"] = make_up(store, news.identities, moved=_MOVED)
        moved = Moved(t.IDENTITIES.unbound(_MOVED), news.since) if changed["identities"] else None
    changed |= own_new(store, written, moved, shortcuts)
    if forget(store, _STIRRED):
        shortcuts.met.clear()
        changed = _added(changed, _told_apart(store, stirs=True))
        if "events" in written:
            look_for_new_events(store)
    return changed


def _added(first: Mapping[str, int], then: Mapping[str, int]) -> dict[str, int]:
    return {name: first.get(name, 0) + n for name, n in then.items()}


def _count(store: Store, rows: ir.Table) -> int:
    return int(store.query(rows.aggregate(n=rows.count())).column("n")[0].as_py())
