"""Who a record is about: identifiers of a person, links between them, and what the record says about the person."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import ibis

from patron.collect.ids import identifier_id, named

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

_STRENGTHS = {"customer_number": 3, "email": 3, "phone": 2, "anonymous_id": 1}
_ROLES = r"^(info|sales|office|admin|contact|hello|support|service|shop|orders?|billing|accounts?|mail|webmaster)@"
_NOBODY = r"^(no-?reply|do-?not-?reply|nobody|guest|unknown|none|test)@"


@dataclass(frozen=True, slots=True)
class Identifier:
    """One identifier on each record: its kind, the scope it is unique in, its value as kept, its strength and its id."""

    kind: str
    scope: str
    value: ir.StringValue
    strength: ir.IntegerValue
    id: ir.IntegerValue


@dataclass(frozen=True, slots=True)
class Person:
    """The person of each record, by identifiers, the strongest kind first.

    Attributes:
        records: the records.
        identifiers: at least one; each null where the record does not have it.
    """

    records: ir.Table
    identifiers: tuple[Identifier, ...]

    @property
    def id(self) -> ir.IntegerValue:
        """The strongest identifier of the record; null for a guest."""
        return ibis.coalesce(*(i.id for i in self.identifiers))


def identified(  # noqa: PLR0913  # each kind of identifier
    records: ir.Table,
    intake: Intake,
    *,
    customer_number: ir.StringValue | None = None,
    email: ir.StringValue | None = None,
    phone: ir.StringValue | None = None,
    anonymous_id: ir.StringValue | None = None,
) -> Person:
    """The person of each record.

    Args:
        records: any table.
        intake: the file's; customer numbers and anonymous ids are unique within its scope.
        customer_number: columns of `records`, as parsed: text without blanks, null where unknown.
        email: the same, in lower case.
        phone: the same, digits with an optional leading +.
        anonymous_id: the same, of a browser or device.
    """
    scope = intake.scope
    given = (
        _identifier("customer_number", scope, customer_number),
        _identifier("email", "", email),
        _identifier("phone", "", phone),
        _identifier("anonymous_id", scope, anonymous_id),
    )
    return Person(records, tuple(i for i in given if i))


def observed(  # noqa: PLR0913  # each is optional
    person: Person,
    intake: Intake,
    *,
    seen_at: ir.TimestampValue,
    updated_at: ir.TimestampValue | None = None,
    kind: str | None = None,
    profile: Mapping[str, ir.Value] | None = None,
) -> dict[str, ir.Table]:
    """Rows of `identifiers`, `links` and, where a profile is given, `profiles`.

    Args:
        person: the person of each record.
        intake: the file's.
        seen_at: the instant of the fact that carries the identifiers; null where none is known.
        updated_at: the version of the profile; null means the file's own time.
        kind: what kind of record describes the person, when a source has several; profiles of a kind replace each other.
        profile: attributes of `facts.PROFILES` by name, columns of the records; what is left out is null.
    """
    rows = {"identifiers": _identifiers(person, seen_at)}
    if len(person.identifiers) > 1:
        rows["links"] = _links(person, seen_at)
    if profile:
        version = seen_at if updated_at is None else updated_at
        rows["profiles"] = person.records.select(
            profile_id=profile_id(person, intake, kind=kind), identifier_id=person.id, updated_at=version, **profile
        ).filter(lambda p: p.identifier_id.notnull())
    return rows


def forgotten(person: Person, asked_at: ir.TimestampValue) -> ir.Table:
    """Rows of `facts.FORGOTTEN`: each identifier of those who ask to be forgotten, once, with the latest instant.

    Args:
        person: the person of each record.
        asked_at: when that was asked for.
    """
    parts = [
        person.records.select(identifier_id=i.id, asked_at=asked_at).filter(lambda t: t.identifier_id.notnull()) for i in person.identifiers
    ]
    every = reduce(lambda a, b: a.union(b), parts)
    return every.group_by("identifier_id").agg(asked_at=every.asked_at.max())


def profile_id(person: Person, intake: Intake, *, kind: str | None = None) -> ir.IntegerValue:
    """The id of what a source says about a person: one per person, and per kind of record where a source has several."""
    return named(f"profile/{intake.source}/{kind or ''}", person.id.cast("string"))


def _identifier(kind: str, scope: str, value: ir.StringValue | None) -> Identifier | None:
    if value is None:
        return None
    kept = value.hexdigest("sha256") if kind in {"email", "phone"} else value
    strength: ir.IntegerValue = ibis.literal(_STRENGTHS[kind], type="int64")
    if kind == "email":
        shared = ibis.ifelse(value.re_search(_ROLES), ibis.literal(2, type="int64"), strength)
        strength = ibis.ifelse(value.re_search(_NOBODY), ibis.literal(1, type="int64"), shared)
    return Identifier(kind, scope, kept, strength, identifier_id(kind, scope, kept))


def _identifiers(person: Person, seen_at: ir.TimestampValue) -> ir.Table:
    parts = [
        person.records.select(
            identifier_id=i.id, kind=ibis.literal(i.kind), scope=ibis.literal(i.scope), value=i.value, strength=i.strength, seen_at=seen_at
        ).filter(lambda t: t.identifier_id.notnull())
        for i in person.identifiers
    ]
    every = reduce(lambda a, b: a.union(b), parts)
    return every.group_by("identifier_id").agg(
        kind=every.kind.max(),
        scope=every.scope.max(),
        value=every.value.max(),
        strength=every.strength.max(),
        first_seen_at=every.seen_at.min(),
    )


def _links(person: Person, seen_at: ir.TimestampValue) -> ir.Table:
    """The strongest identifier of a record is linked to each of its others."""
    strongest = person.id
    others = person.identifiers[1:]
    pairs = [person.records.select(a=strongest, b=i.id, seen_at=seen_at).filter(lambda t: t.a.notnull() & (t.a != t.b)) for i in others]
    every = reduce(lambda a, b: a.union(b), pairs)
    ordered = every.select(left_id=ibis.least(every.a, every.b), right_id=ibis.greatest(every.a, every.b), seen_at=every.seen_at)
    pairs_once = ordered.group_by("left_id", "right_id").agg(observed_at=ordered.seen_at.min())
    text = named("link", pairs_once.left_id.cast("string"), pairs_once.right_id.cast("string"))
    return pairs_once.mutate(link_id=text)
