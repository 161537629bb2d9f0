"""Which identifiers may be joined: the meetings of two identifiers that count, and the components that need a closer look.

An identifier of strength 2 or 3 is firm: it names a person. A weak one (a browser, a device) never joins two people. An identifier that
met more than `CROWD` strong ones, such as the address of a till or an office, names nobody in particular: its links do not count.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from patron.kernel.expressions import said_once

STRONG = 3
FIRM = 2
CROWD = 20

MEETINGS = ibis.schema(
    {
        **dict.fromkeys(("link_id", "left_id", "right_id", "left_strength", "right_strength"), "int64"),
        **dict.fromkeys(("observed_at", "left_born_at", "right_born_at"), "timestamp(6)"),
        **dict.fromkeys(("left_kind", "right_kind", "source"), "string"),
    }
)
MEMBERS = ibis.schema(
    {
        **dict.fromkeys(("identifier_id", "label", "strength"), "int64"),
        "kind": "string",
        "scope": "string",
        "born_at": "timestamp(6)",
    }
)


def crowds(identifiers: ir.Table, links: ir.Table) -> ir.Table:
    """Identifiers that met more than `CROWD` strong ones: identifier_id, one row each."""
    ends = links.select(identifier_id=links.left_id, other_id=links.right_id).union(
        links.select(identifier_id=links.right_id, other_id=links.left_id)
    )
    # Counting all meetings first is cheap, and leaves few for the join that tells the strong ones.
    counted = ends.group_by("identifier_id").aggregate(meetings=ends.count())
    busy = counted.filter(counted.meetings > CROWD).select("identifier_id")
    strong = identifiers.filter(identifiers.strength >= STRONG).select(_strong=identifiers.identifier_id)
    met = ends.semi_join(busy, "identifier_id")
    met = met.join(strong, met.other_id == strong._strong)
    many = met.group_by("identifier_id").aggregate(strong=met.other_id.nunique())
    return many.filter(many.strong > CROWD).select("identifier_id")


@said_once
def meetings(identifiers: ir.Table, links: ir.Table, crowded: ir.Table) -> ir.Table:
    """The links that count, with what is known of their two ends (`MEETINGS`)."""
    known = identifiers.anti_join(crowded, "identifier_id")
    left = known.select(_left=known.identifier_id, left_strength=known.strength, left_kind=known.kind, left_born_at=known.first_seen_at)
    right = known.select(
        _right=known.identifier_id, right_strength=known.strength, right_kind=known.kind, right_born_at=known.first_seen_at
    )
    joined = links.join(left, links.left_id == left._left)
    joined = joined.join(right, joined.right_id == right._right)
    return joined.select(*MEETINGS.names)


@said_once
def firm(met: ir.Table) -> ir.Table:
    """Meetings of two firm identifiers: they join people."""
    return met.filter(met.left_strength >= FIRM, met.right_strength >= FIRM)


@said_once
def weak(met: ir.Table) -> ir.Table:
    """Meetings of two weak identifiers: they join visitors."""
    return met.filter(met.left_strength < FIRM, met.right_strength < FIRM)


@said_once
def mixed(met: ir.Table) -> ir.Table:
    """Meetings of a visitor and a person: visitor_id, person_id, observed_at, link_id."""
    left_is_weak = met.left_strength < FIRM
    one_is_weak = met.filter((met.left_strength < FIRM) != (met.right_strength < FIRM))
    return one_is_weak.select(
        visitor_id=ibis.ifelse(left_is_weak, met.left_id, met.right_id),
        person_id=ibis.ifelse(left_is_weak, met.right_id, met.left_id),
        observed_at=met.observed_at,
        link_id=met.link_id,
    )


@said_once
def members(identifiers: ir.Table, labels: ir.Table) -> ir.Table:
    """Labelled identifiers with what is known of them (`MEMBERS`)."""
    joined = labels.join(identifiers, "identifier_id")
    return joined.select("identifier_id", "label", "strength", "kind", "scope", born_at=joined.first_seen_at)


@said_once
def suspects(labelled: ir.Table, met: ir.Table, apart: ir.Table) -> ir.Table:
    """Components that may hold more than one earlier customer: label, one row each.

    A component is left alone when no two of its strong identifiers are of the same kind and scope, none of its pairs is kept apart, and
    all identifiers but one met an older one when they were first seen: then it was one customer at every instant. Others may still
    turn out to be.

    Args:
        labelled: `MEMBERS`.
        met: firm meetings.
        apart: pairs kept apart by hand, from_id and into_id.
    """
    strong = labelled.filter(labelled.strength >= STRONG)
    alike = strong.group_by("label", "kind", "scope").aggregate(n=strong.count())
    twice = alike.filter(alike.n > 1).select("label")
    loners = labelled.anti_join(_joined_at_birth(met), "identifier_id")
    per_label = loners.group_by("label").aggregate(n=loners.count())
    several = per_label.filter(per_label.n > 1).select("label")
    first = labelled.select(from_id=labelled.identifier_id, label=labelled.label)
    second = labelled.select(into_id=labelled.identifier_id, _label=labelled.label)
    pairs = apart.join(first, "from_id").join(second, "into_id")
    kept_apart = pairs.filter(pairs.label == pairs._label).select("label")
    return twice.union(several, kept_apart).distinct()


@said_once
def _joined_at_birth(met: ir.Table) -> ir.Table:
    """Identifiers that met an older one no later than they were first seen; an unknown time is the earliest for a link, the latest else."""
    same_age = met.left_born_at.identical_to(met.right_born_at)
    left_is_younger = (
        (met.left_born_at.isnull() & met.right_born_at.notnull())
        | (met.left_born_at > met.right_born_at).fill_null(False)
        # Of one record, the customer number is taken as the elder: it is what the others are linked to.
        | (same_age & (met.left_kind > met.right_kind))
    )
    born_at = ibis.ifelse(left_is_younger, met.left_born_at, met.right_born_at)
    in_time = met.observed_at.isnull() | born_at.isnull() | (met.observed_at <= born_at)
    younger = met.filter(in_time).select(identifier_id=ibis.ifelse(left_is_younger, met.left_id, met.right_id))
    return younger.distinct()


@said_once
def apart(merges: ir.Table) -> ir.Table:
    """Pairs of identifiers that an undone merge keeps apart: from_id, into_id."""
    return merges.filter(merges.undone_at.notnull()).select("from_id", "into_id").distinct()
