"""Customers as a projection: which identifier names each component, whom visitors belong to, and what is known of each person.

Nothing here is kept: customers follow from identifiers, links and profiles, so a merge can be undone and the order of loading is
of no account.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from patron.facts import tables as t
from patron.identity.meetings import FIRM
from patron.kernel.expressions import said_once

ANONYMOUS = "anonymous_id"
_NOT_ATTRIBUTES = {"profile_id", "identifier_id", "updated_at", "source", "received_at"}
ATTRIBUTES = tuple(c.name for c in t.PROFILES.columns if c.name not in _NOT_ATTRIBUTES)


@said_once
def roots(labelled: ir.Table) -> ir.Table:
    """Whom each labelled identifier resolves to: the strongest identifier of its component, then the earliest.

    Of several that came on one record, it is the first by kind (a customer number before an address) and then by id.

    Args:
        labelled: `meetings.MEMBERS`.

    Returns:
        `facts.IDENTITIES`.
    """
    order = ibis.window(
        group_by=labelled.label,
        order_by=[ibis.desc(labelled.strength), *_oldest(labelled, labelled.born_at)],
    )
    first = labelled.mutate(_n=ibis.row_number().over(order))
    first = first.filter(first._n == 0).select(_label=first.label, customer_id=first.identifier_id)
    joined = labelled.join(first, labelled.label == first._label)
    return joined.select("identifier_id", "customer_id")


@said_once
def alone(identifiers: ir.Table, labels: ir.Table) -> ir.Table:
    """Firm identifiers that were joined with no other: each is a customer (`facts.IDENTITIES`)."""
    rest = identifiers.filter(identifiers.strength >= FIRM).anti_join(labels, "identifier_id")
    return rest.select("identifier_id", customer_id=rest.identifier_id)


@said_once
def visitors(mixed: ir.Table, labels: ir.Table, people: ir.Table) -> ir.Table:
    """Whom visitors belong to: the person that any browser of theirs met first. Visitors that met nobody are left out.

    Args:
        mixed: `meetings.mixed`.
        labels: which weak identifiers are one visitor (`components.LABELS`); one that is missing is alone.
        people: `facts.IDENTITIES` of firm identifiers.

    Returns:
        `facts.IDENTITIES`.
    """
    label_of = labels.select(_id=labels.identifier_id, label=labels.label)
    met = mixed.left_join(label_of, mixed.visitor_id == label_of._id)
    met = met.mutate(label=ibis.coalesce(met.label, met.visitor_id))
    met = met.join(people, met.person_id == people.identifier_id)
    order = ibis.window(group_by=met.label, order_by=[_known_first(met.observed_at), met.observed_at, met.link_id])
    first = met.mutate(_n=ibis.row_number().over(order))
    owner = first.filter(first._n == 0).select(_label=first.label, customer_id=first.customer_id)
    everyone = labels.select("identifier_id", "label").union(
        mixed.select(identifier_id=mixed.visitor_id, label=mixed.visitor_id).distinct().anti_join(labels, "identifier_id")
    )
    joined = everyone.join(owner, everyone.label == owner._label)
    return joined.select("identifier_id", "customer_id")


@said_once
def shared(identifiers: ir.Table, labels: ir.Table, resolved: ir.Table) -> ir.Table:
    """Weak identifiers that belong to nobody but are more than a browser, such as the address of an office: customers of their own.

    Args:
        identifiers: `facts.IDENTIFIERS`.
        labels: which weak identifiers are one visitor.
        resolved: `facts.IDENTITIES` of all that belong to somebody.

    Returns:
        `facts.IDENTITIES`, of these and of the browsers that are one with them.
    """
    rest = identifiers.filter(identifiers.strength < FIRM).anti_join(resolved, "identifier_id")
    label_of = labels.select(_id=labels.identifier_id, label=labels.label)
    rest = rest.left_join(label_of, rest.identifier_id == label_of._id)
    rest = rest.mutate(label=ibis.coalesce(rest.label, rest.identifier_id))
    named = rest.filter(rest.kind != ANONYMOUS)
    order = ibis.window(group_by=named.label, order_by=_oldest(named, named.first_seen_at))
    first = named.mutate(_n=ibis.row_number().over(order))
    first = first.filter(first._n == 0).select(_label=first.label, customer_id=first.identifier_id)
    joined = rest.join(first, rest.label == first._label)
    return joined.select("identifier_id", "customer_id")


@said_once
def customers(identities: ir.Table, identifiers: ir.Table, profiles: ir.Table) -> ir.Table:
    """One row per person (`facts.CUSTOMERS`): of each attribute the newest that is known.

    Args:
        identities: `facts.IDENTITIES`.
        identifiers: `facts.IDENTIFIERS`.
        profiles: `facts.PROFILES`; one without a version is older than any with one.
    """
    owned = identities.join(identifiers, "identifier_id")
    person = owned.group_by("customer_id").aggregate(_seen=owned.first_seen_at.min(), _received=owned.received_at.min())
    number = _numbers(owned)
    joined = person.left_join(number, "customer_id").drop("customer_id_right")
    origin = identifiers.select(_root=identifiers.identifier_id, _source=identifiers.source)
    joined = joined.join(origin, joined.customer_id == origin._root)
    known = _newest(identities, profiles)
    joined = joined.left_join(known, "customer_id").drop("customer_id_right")
    received = ibis.least(joined._received, joined._profile_received)
    columns = {a: joined[a] for a in ATTRIBUTES} | {
        "customer_number": ibis.coalesce(joined._number, joined.customer_number),
        # Someone about whom no record has a date is known from the day on which Patron heard of them.
        "first_seen_at": ibis.coalesce(ibis.least(joined._seen, joined._profile_seen), received),
        "source": joined._source,
        "received_at": received,
        "customer_id": joined.customer_id,
    }
    return joined.select(**{c.name: columns[c.name] for c in t.CUSTOMERS.columns})


def _numbers(owned: ir.Table) -> ir.Table:
    """The first customer number of each customer that has one: customer_id, _number."""
    numbers = owned.filter(owned.kind == "customer_number")
    order = ibis.window(group_by=numbers.customer_id, order_by=_oldest(numbers, numbers.first_seen_at))
    first = numbers.mutate(_n=ibis.row_number().over(order))
    return first.filter(first._n == 0).select("customer_id", _number=first.value)


def _newest(identities: ir.Table, profiles: ir.Table) -> ir.Table:
    """Per customer with a profile: of each attribute the newest that is not null, and since when there is any profile."""
    owned = profiles.join(identities, "identifier_id")
    per_customer = owned.group_by("customer_id").aggregate(_n=owned.count())
    several = per_customer.filter(per_customer._n > 1)
    # Most people have one profile, which needs no choosing.
    one = owned.anti_join(several, "customer_id")
    single = one.select(
        "customer_id", *ATTRIBUTES, _profile_seen=ibis.least(one.created_at, one.updated_at), _profile_received=one.received_at
    )
    return single.union(_newest_of_several(owned.semi_join(several, "customer_id")))


def _newest_of_several(owned: ir.Table) -> ir.Table:
    dated_last = ibis.ifelse(owned.updated_at.isnull(), 0, 1)
    order = ibis.window(group_by=owned.customer_id, order_by=[dated_last, owned.updated_at, owned.profile_id])
    versions = owned.mutate(_version=ibis.row_number().over(order))
    newest = {a: versions[a].argmax(versions._version, where=versions[a].notnull()) for a in ATTRIBUTES}
    return versions.group_by("customer_id").aggregate(
        **newest,
        _profile_seen=ibis.least(versions.created_at.min(), versions.updated_at.min()),
        _profile_received=versions.received_at.min(),
    )


def _oldest(identifiers: ir.Table, born_at: ir.TimestampValue) -> list[ir.Value]:
    """Orders identifiers by age; `merging.Member.rank` says the same."""
    return [_known_first(born_at), born_at, identifiers.kind, identifiers.identifier_id]


def _known_first(instant: ir.TimestampValue) -> ir.IntegerValue:
    """Orders what has a date before what has none, on every engine."""
    return ibis.ifelse(instant.isnull(), 1, 0)
