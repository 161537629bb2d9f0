"""Resolving: who is one person, and whose each fact is.

Everything is worked out anew from identifiers, links, profiles and the merges that were undone; only rows that come out differently are
written. The steps are set-wise expressions of `patron.identity`; only components that may hold more than one earlier customer are
taken apart one meeting at a time.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from patron.facts import tables as t
from patron.identity import components, customers, meetings
from patron.identity.evidence import evidence
from patron.identity.merging import Meeting, Member, Merge, history
from patron.kernel.ids import derived, shown
from patron.kernel.time import moment
from patron.runtime.forgetting import forget
from patron.runtime.reached import outdate
from patron.runtime.replacing import replaced

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    import ibis.expr.types as ir

    from patron.ports.engine import Rows, Store

__all__ = ["Resolution", "merge_id", "resolve"]

ANY = frozenset(t.BY_NAME)
"""Every table."""
_EVIDENCE = frozenset({"identifiers", "links", "profiles", "forgotten"})  # what identities are worked out from
_IDENTIFIERS, _LINKS, _PROFILES = t.IDENTIFIERS.unbound(), t.LINKS.unbound(), t.PROFILES.unbound()
_MERGES, _IDENTITIES, _ORDERS, _REFUNDS = t.MERGES.unbound(), t.IDENTITIES.unbound(), t.ORDERS.unbound(), t.REFUNDS.unbound()
_NEW_FACTS, _OWNERS = "_who_new_facts", "_who_owners"
_CUSTOMERS, _RESOLVED = t.CUSTOMERS.unbound(), t.RESOLVED.unbound()

# Scratch tables: made and dropped within one transaction.
_SCRATCH = tuple(
    f"_who_{name}"
    for name in (
        "labels",
        "members",
        "visitors",
        "meetings",
        "edges",
        "parents",
        "crowds",
        "suspects",
        "people",
        "known",
        "new",
        "merges",
        "moved",
        "changed",
        "stirred",
    )
)
(
    _LABELS,
    _MEMBERS,
    _VISITORS,
    _MEETINGS,
    _EDGES,
    _PARENTS,
    _CROWDS,
    _SUSPECTS,
    _PEOPLE,
    _KNOWN,
    _NEW,
    _NEW_MERGES,
    _MOVED,
    _CHANGED,
    _STIRRED,
) = _SCRATCH
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


def resolve(store: Store, *, now: datetime, is_live: bool = False, written: Collection[str] = ANY) -> Resolution:
    """Bring identities, merges, customers and the `customer_id` of every fact up to date; all of it or nothing.

    Args:
        store: holds the tables of `facts.FACTS` and `facts.LEDGER`.
        now: the present, for the answer; nothing that is kept depends on it.
        is_live: whether a tick resolves: new facts were received at the moment, and the scratch table `STIRRED` stays, for whoever works
            out the answers of these customers anew.
        written: the tables that have new rows; any if not given.
    """
    with store.transaction():
        store.create(_STIRRED, _IDENTITIES.select("customer_id").limit(0), temporary=True)
        changed = _resolved(store, written, is_live=is_live)
        if not is_live:
            store.drop(_STIRRED)
            outdate(store)
        people, merges = _count(store, _CUSTOMERS), _count(store, _MERGES.filter(_MERGES.undone_at.isnull()))
    return Resolution(now, people, merges, {name: n for name, n in changed.items() if n})


def _resolved(store: Store, written: Collection[str], *, is_live: bool) -> dict[str, int]:
    """Bring everything up to date with the identifiers, links and profiles that there are; how many rows changed, per table."""
    if _EVIDENCE.isdisjoint(written):
        return _owned(store, written, is_live=is_live)
    store.declare(t.FORGOTTEN)
    with _scratch(store):
        changed = _told_apart(store, written, is_live=is_live)
        if forget(store, _STIRRED):
            changed = {name: changed.get(name, 0) + n for name, n in _told_apart(store, written, is_live=is_live).items()}
    return changed


def _told_apart(store: Store, written: Collection[str], *, is_live: bool) -> dict[str, int]:
    digest = _digest(store)
    known = store.query(_RESOLVED).column("digest").to_pylist()
    if known == [digest]:
        return _owned(store, written, is_live=is_live)
    changed = _work_out(store)
    store.delete("resolved", _RESOLVED, ("digest",))
    store.insert("resolved", pa.table({"digest": [digest]}))
    return changed | _owned(store, ANY, anew=True)


def _digest(store: Store) -> str:
    """What identities are worked out from, as a short text."""
    figures = store.query(evidence(_IDENTIFIERS, _LINKS, _PROFILES, _MERGES)).to_pylist()[0]
    return shown("evi", derived(*(str(n) for n in figures.values())))


def _work_out(store: Store) -> dict[str, int]:
    """Work out identities, merges and customers anew, and tell how many rows changed; `_MOVED` holds the identities that did."""
    _join_people(store)
    _join_visitors(store)
    new = t.IDENTITIES.unbound(_NEW)
    apart = new.difference(_IDENTITIES).union(_IDENTITIES.difference(new))
    store.insert(_STIRRED, apart.select("customer_id").distinct())
    changed = {
        "merges": replaced(store, t.MERGES, t.MERGES.unbound(_NEW_MERGES)),
        "identities": replaced(store, t.IDENTITIES, new, moved=_MOVED),
        "customers": replaced(store, t.CUSTOMERS, customers.customers(_IDENTITIES, _IDENTIFIERS, _PROFILES), moved=_CHANGED),
    }
    store.insert(_STIRRED, t.CUSTOMERS.unbound(_CHANGED).select("customer_id"))
    return changed


@contextmanager
def _scratch(store: Store) -> Iterator[None]:
    """Scratch tables are gone afterwards, but for `STIRRED`; when something fails, the transaction takes them away."""
    yield
    for name in _SCRATCH:
        if name != _STIRRED:
            store.drop(name)


def _join_people(store: Store) -> None:
    """Make `_MEETINGS`, `_PEOPLE` (identities of firm identifiers) and `_NEW_MERGES`."""
    store.create(_CROWDS, meetings.crowds(_IDENTIFIERS, _LINKS), temporary=True)
    crowds = ibis.table({"identifier_id": "int64"}, name=_CROWDS)
    store.create(_MEETINGS, meetings.meetings(_IDENTIFIERS, _LINKS, crowds), temporary=True)
    met = meetings.firm(ibis.table(meetings.MEETINGS, name=_MEETINGS))
    _label(store, met, _LABELS)
    labels, members = ibis.table(components.LABELS, name=_LABELS), ibis.table(meetings.MEMBERS, name=_MEMBERS)
    store.create(_MEMBERS, meetings.members(_IDENTIFIERS, labels), temporary=True)
    merges = _settle(store, members, met)
    joined = customers.roots(members)
    store.create(_PEOPLE, joined.union(customers.alone(_IDENTIFIERS, labels)), temporary=True)
    store.create(_NEW_MERGES, _MERGES.filter(_MERGES.undone_at.notnull()), temporary=True)
    if merges:
        undone = set(store.query(t.MERGES.unbound(_NEW_MERGES).select("merge_id")).column("merge_id").to_pylist())
        store.insert(_NEW_MERGES, _merge_rows([m for m in merges if merge_id(m.meeting.link_id) not in undone]))


def _join_visitors(store: Store) -> None:
    """Make `_NEW`, all identities: of people, of visitors that are known to be one of them, and of shared addresses."""
    met = ibis.table(meetings.MEETINGS, name=_MEETINGS)
    _label(store, meetings.weak(met), _VISITORS)
    labels, people = ibis.table(components.LABELS, name=_VISITORS), t.IDENTITIES.unbound(_PEOPLE)
    store.create(_KNOWN, people.union(customers.visitors(meetings.mixed(met), labels, people)), temporary=True)
    known = t.IDENTITIES.unbound(_KNOWN)
    store.create(_NEW, known.union(customers.shared(_IDENTIFIERS, labels, known)), temporary=True)


def _label(store: Store, met: ir.Table, name: str) -> None:
    """Make the table `name`: the connected components of these meetings, as `components.LABELS`."""
    store.create(_EDGES, components.edges(met), temporary=True)
    edges, parents = ibis.table(components.EDGES, name=_EDGES), ibis.table(components.PARENTS, name=_PARENTS)
    labels = ibis.table(components.LABELS, name=name)
    store.create(name, components.own_labels(edges), temporary=True)
    while _count(store, edges.limit(1)):
        store.create(_PARENTS, components.parents(edges), temporary=True)
        store.create(_PARENTS, components.grandparents(parents), temporary=True)
        store.create(name, components.relabelled(labels, parents), temporary=True)
        store.create(_EDGES, components.contracted(edges, parents), temporary=True)


def _settle(store: Store, members: ir.Table, met: ir.Table) -> list[Merge]:
    """Take suspect components apart, put their customers in the place of their labels, and tell the merges found."""
    apart = meetings.apart(_MERGES)
    store.create(_SUSPECTS, members.semi_join(meetings.suspects(members, met, apart), "label"), temporary=True)
    suspects = ibis.table(meetings.MEMBERS, name=_SUSPECTS)
    people = store.query(suspects)
    if not people.num_rows:
        return []
    among = met.semi_join(suspects, met.left_id == suspects.identifier_id)
    among = among.select("link_id", "left_id", "right_id", "observed_at", "source")
    pairs = [(row["from_id"], row["into_id"]) for row in store.query(apart).to_pylist()]
    rows = people.drop_columns(["label"]).to_pylist()
    roots, merges = history([Member(**row) for row in rows], [Meeting(**row) for row in store.query(among).to_pylist()], pairs)
    label = people.column_names.index("label")
    store.delete(_MEMBERS, suspects.select("identifier_id"), ("identifier_id",))
    store.insert(_MEMBERS, people.set_column(label, "label", pa.array([roots[row["identifier_id"]] for row in rows], pa.int64())))
    return merges


def merge_id(link_id: int) -> int:
    """The id of the merge that a link made."""
    return derived("merge", str(link_id))


def _merge_rows(merges: list[Merge]) -> pa.Table:
    rows = [
        {
            "merge_id": merge_id(m.meeting.link_id),
            "from_id": m.from_id,
            "into_id": m.into_id,
            "link_id": m.meeting.link_id,
            "reason": m.reason,
            "merged_at": m.meeting.observed_at,
            "undone_at": None,
            "source": m.meeting.source,
        }
        for m in merges
    ]
    instant = pa.timestamp("us")
    types = {"reason": pa.string(), "source": pa.string(), "merged_at": instant, "undone_at": instant}
    return pa.Table.from_pylist(rows, pa.schema([(c.name, types.get(c.name, pa.int64())) for c in t.MERGES.columns]))


def _owned(store: Store, written: Collection[str], *, anew: bool = False, is_live: bool = False) -> dict[str, int]:
    """Set the customer of every fact that has none yet and, when identities were worked out anew, of those whose identifier moved."""
    changed = dict.fromkeys((*t.PERSONS, "order_lines"), 0)
    for name, column in t.PERSONS.items():
        if anew:
            changed[name] += store.update(name, t.IDENTITIES.unbound(_MOVED).rename({column: "identifier_id"}), (column,))
        if name in written:
            is_new = is_live and not anew and name != "refunds"  # refunds are worked out of earlier credits
            owners = _owners_of_new(store, name, column) if is_new else _IDENTITIES
            only: Rows = "unknown, new" if is_new else "unknown"
            changed[name] += store.update(name, owners.rename({column: "identifier_id"}), (column,), only=only)
            for scratch in (_NEW_FACTS, _OWNERS) if is_new else ():
                store.drop(scratch, temporary=True)
    # Refunds without a buyer and lines follow their order.
    of_order = _ORDERS.select("order_id", "customer_id")
    if "orders" in written or "refunds" in written:
        nameless = _REFUNDS.filter(_REFUNDS.buyer_id.isnull()).select("refund_id", "order_id")
        theirs = nameless.join(of_order, "order_id").select("refund_id", "customer_id")
        changed["refunds"] += store.update("refunds", theirs, ("refund_id",))
    if "orders" in written or "order_lines" in written:
        changed["order_lines"] += store.update("order_lines", of_order, ("order_id",), only="all" if anew else "unknown")
    return changed


def _owners_of_new(store: Store, name: str, column: str) -> ir.Table:
    """The identities of those whom rows that were received at the moment are about: small tables, so that no large one is prepared."""
    rows = t.BY_NAME[name].unbound()
    new = rows.filter(rows.received_at == moment(), rows.customer_id.isnull(), rows[column].notnull())
    store.create(_NEW_FACTS, new.select(identifier_id=rows[column]).distinct(), temporary=True)
    known = _IDENTITIES.semi_join(ibis.table({"identifier_id": "int64"}, name=_NEW_FACTS), "identifier_id")
    store.create(_OWNERS, known.select("identifier_id", "customer_id"), temporary=True)
    return ibis.table({"identifier_id": "int64", "customer_id": "int64"}, name=_OWNERS)


def _count(store: Store, rows: ir.Table) -> int:
    return int(store.query(rows.aggregate(n=rows.count())).column("n")[0].as_py())
