"""Forgetting people who asked for it: what is known of them until then goes, the shop's money stays.

Orders and refunds remain as those of a guest, without place, so that totals are what they were. Everything else about the person is
deleted: visits, messages, reviews, tickets, consents, profiles, identifiers and links, places on lists, the history of memberships, and
refused records that hold their address. What happens after the request is kept, as that of somebody new. Hashes of the identifiers stay, so
that an old file that is loaded again brings nothing back.
"""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from typing import TYPE_CHECKING

import ibis

from patron.facts import tables as t
from patron.facts.as_of import HAPPENED
from patron.features.partials.last_events import OLD_EVENTS_TABLE
from patron.kernel.expressions import said_once
from patron.runtime.memberships import CHANGES
from patron.runtime.old_events import look_at_again

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.ports.engine import Store

_GUESTS = ("orders", "refunds")
DELETED = {
    **{name: (person, HAPPENED[name]) for name, person in t.PERSONS.items() if name not in _GUESTS},
    "profiles": ("identifier_id", "updated_at"),
}
"""Tables of which the person's rows go: the column that names the person, and the one that says when."""
MADE_GUESTS = {**{name: (t.PERSONS[name], HAPPENED[name]) for name in _GUESTS}, "credits": ("buyer_id", "refunded_at")}
"""Tables whose rows stay as a guest's."""
_CLEARED = frozenset({"buyer_id", "customer_id", "region", "city", "postal_code"})
_GONE, _OLD = "_forgotten_people", "_forgotten_identifiers"
_LONG_AGO = datetime(1, 1, 1)  # noqa: DTZ001  # instants in tables are UTC without a zone


def forget(store: Store, owners_into: str) -> bool:
    """Delete what is to be forgotten and still there; whether there was anything, so that identities have to be worked out again.

    Args:
        store: it, within a transaction; identities are worked out.
        owners_into: a table (customer_id) that is given the customers of whom something was deleted.
    """
    left, any_left = _left()
    if not store.query(any_left).num_rows:
        return False
    people = _whole_people(store, left)
    _texts(store, people)
    for name, (person, at) in DELETED.items():
        table = t.BY_NAME[name]
        store.delete(name, _of_people(table.unbound(), people, person, at).select(table.key[0]), table.key[:1])
    store.declare(OLD_EVENTS_TABLE)
    look_at_again(store, people.select(visitor_id="identifier_id"))
    for name, (person, at) in MADE_GUESTS.items():
        rows = _of_people(t.BY_NAME[name].unbound(), people, person, at)
        cleared = {c: ibis.null(t.BY_NAME[name].unbound()[c].type()) for c in t.BY_NAME[name].unbound().columns if c in _CLEARED}
        store.update(name, rows.select(t.BY_NAME[name].key[0], **cleared), t.BY_NAME[name].key[:1])
    _identifiers(store, people)
    owners = people.filter(people.customer_id.notnull()).group_by("customer_id").aggregate(until=people.until.max())
    store.declare(CHANGES)
    for table, at in ((t.LIST_MEMBERS, "added_at"), (CHANGES, "changed_at")):
        rows = table.unbound().join(owners, "customer_id")
        store.delete(table.name, rows.filter(rows[at] <= rows.until).select("customer_id", at).distinct(), ("customer_id", at))
    store.insert(owners_into, owners.select("customer_id"))
    for name in (_GONE, _OLD):
        store.drop(name)
    return True


@said_once
def _left() -> tuple[ir.Table, ir.Table]:
    """Identifiers of people who shall be forgotten, and until when; and one of them, if there are any."""
    asked = t.FORGOTTEN.unbound().group_by("identifier_id").aggregate(until=lambda rows: rows.asked_at.max())
    left = t.IDENTIFIERS.unbound().join(asked, "identifier_id").filter(lambda rows: _since(rows.first_seen_at) <= rows.until)
    return left, left.select("identifier_id").limit(1)


def _whole_people(store: Store, left: ir.Table) -> ir.Table:
    """All identifiers of the people meant, and until when: identifier_id, customer_id (null where unknown), until. They count as asked."""
    identities, forgotten = t.IDENTITIES.unbound(), t.FORGOTTEN.unbound()
    meant = left.select("identifier_id", "until").left_join(identities, "identifier_id").select("identifier_id", "customer_id", "until")
    store.create(_OLD, meant, temporary=True)
    meant = ibis.table(meant.schema(), name=_OLD)
    owners = meant.filter(meant.customer_id.notnull()).group_by("customer_id").aggregate(until=meant.until.max())
    theirs = identities.join(owners, "customer_id").select("identifier_id", "customer_id", "until")
    every = theirs.union(meant.filter(meant.customer_id.isnull()))
    store.create(_GONE, every, temporary=True)
    people = ibis.table(every.schema(), name=_GONE)
    new = people.select("identifier_id", asked_at="until").anti_join(forgotten, ["identifier_id", "asked_at"])
    origin = forgotten.aggregate(source=forgotten.source.max(), received_at=forgotten.received_at.max())
    store.insert(t.FORGOTTEN.name, new.cross_join(origin).select(*(c.name for c in t.FORGOTTEN.columns)))
    return people


def _of_people(rows: ir.Table, people: ir.Table, person: str, at: str) -> ir.Table:
    """The rows of these people until they asked to be forgotten."""
    until = people.select(_id="identifier_id", _until="until")
    met = rows.join(until, rows[person] == until._id)
    return met.filter(_since(met[at]) <= met._until)


def _identifiers(store: Store, people: ir.Table) -> None:
    """Identifiers and links go, but for those by which something was done after the request: these begin then."""
    facts = [t.BY_NAME[name].unbound().select(_id=person, _at=HAPPENED[name], _from="source") for name, person in t.PERSONS.items()]
    done = reduce(lambda a, b: a.union(b), facts).semi_join(people, [("_id", "identifier_id")])
    first = done.group_by("_id").aggregate(_at=done._at.min())
    later = done.inner_join(first, ["_id", "_at"]).group_by(["_id", "_at"]).aggregate(_from=lambda rows: rows._from.min())
    identifiers, links = t.IDENTIFIERS.unbound(), t.LINKS.unbound()
    store.delete("identifiers", people.anti_join(later, [("identifier_id", "_id")]).select("identifier_id"), ("identifier_id",))
    kept = identifiers.semi_join(people, "identifier_id").join(later, [("identifier_id", "_id")])
    begins = kept.filter(_since(kept.first_seen_at) < kept._at).select("identifier_id", first_seen_at="_at", source="_from")
    store.update("identifiers", begins, ("identifier_id",))
    for end in ("left_id", "right_id"):
        store.delete("links", _of_people(links, people, end, "observed_at").select("link_id"), ("link_id",))


def _texts(store: Store, people: ir.Table) -> None:
    """Refused records hold what was sent as it was: those with an address or a number of these people go."""
    profiles, refused = t.PROFILES.unbound(), t.REFUSED.unbound()
    theirs = profiles.semi_join(people, "identifier_id")
    words = theirs.select(word=theirs.email).union(theirs.select(word=theirs.phone))
    words = words.filter(words.word.length() > 0).distinct()
    found = refused.cross_join(words).filter(lambda rows: rows.record.lower().contains(rows.word.lower()))
    store.delete(t.REFUSED.name, found.select("load_id", "file", "line").distinct(), ("load_id", "file", "line"))


def _since(instant: ir.TimestampValue) -> ir.TimestampValue:
    """An instant; what has none was always so."""
    return ibis.coalesce(instant, ibis.literal(_LONG_AGO).cast("timestamp(6)"))
