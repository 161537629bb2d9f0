"""How a few identifiers became customers, meeting by meeting, and which of these meetings merged two customers.

Meetings are taken in the order in which they were observed. One that joins two customers is a merge when both were known before it, or
when both bring a strong identifier of the same kind: two customer numbers, two addresses. Two identifiers that came in together are no
merge. A pair that is kept apart stays apart, whatever joins it.

The answer depends on the values alone, never on their order. It is meant for the components that `meetings.suspects` finds; all others
need no history.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from patron.identity.meetings import STRONG

if TYPE_CHECKING:
    from collections.abc import Iterable

_EARLIEST, _LATEST = datetime.min, datetime.max  # noqa: DTZ901 - instants of tables have no zone


@dataclass(frozen=True, slots=True)
class Member:
    """An identifier of a component."""

    identifier_id: int
    strength: int
    kind: str
    scope: str
    born_at: datetime | None

    @property
    def rank(self) -> tuple[int, datetime, str, int]:
        """The smallest rank among a customer's identifiers names the customer; `customers.roots` says the same."""
        return (-self.strength, self.born_at or _LATEST, self.kind, self.identifier_id)


@dataclass(frozen=True, slots=True)
class Meeting:
    """Two identifiers on one record."""

    link_id: int
    left_id: int
    right_id: int
    observed_at: datetime | None
    source: str

    @property
    def order(self) -> tuple[datetime, int]:
        """When it counts: one without a date has always been so."""
        return (self.observed_at or _EARLIEST, self.link_id)


@dataclass(frozen=True, slots=True)
class Merge:
    """A meeting that made one customer of two."""

    meeting: Meeting
    from_id: int
    into_id: int
    reason: str


@dataclass(slots=True)
class _Customer:
    """What is known of a customer while meetings are taken in."""

    root: Member
    born_at: datetime
    ids: list[int]
    strong: set[tuple[str, str]]
    apart: set[int] = field(default_factory=set)


def history(members: Iterable[Member], meetings: Iterable[Meeting], apart: Iterable[tuple[int, int]]) -> tuple[dict[int, int], list[Merge]]:
    """The customer of each member, named by its root identifier, and the merges that led to it.

    Args:
        members: all identifiers of some components.
        meetings: all firm meetings among them.
        apart: pairs of identifiers that must not end up as one customer.
    """
    of = {m.identifier_id: m for m in members}
    customers = {i: _alone(m) for i, m in of.items()}
    for one, other in apart:
        if one in of and other in of:
            customers[one].apart.add(other)
            customers[other].apart.add(one)
    merges = []
    for meeting in sorted(meetings, key=lambda m: m.order):
        left, right = customers[meeting.left_id], customers[meeting.right_id]
        if left is right or any(customers[i] is right for i in left.apart):
            continue
        stays, goes = (left, right) if left.root.rank < right.root.rank else (right, left)
        if _both_were_customers(left, right, meeting):
            merges.append(Merge(meeting, goes.root.identifier_id, stays.root.identifier_id, _reason(left, right, meeting, of)))
        _join(left, right, stays.root, customers)
    return {i: c.root.identifier_id for i, c in customers.items()}, merges


def _alone(member: Member) -> _Customer:
    strong = {(member.kind, member.scope)} if member.strength >= STRONG else set()
    return _Customer(member, member.born_at or _LATEST, [member.identifier_id], strong)


def _both_were_customers(left: _Customer, right: _Customer, meeting: Meeting) -> bool:
    if not (left.strong and right.strong):
        return False
    return bool(left.strong & right.strong) or max(left.born_at, right.born_at) < (meeting.observed_at or _EARLIEST)


def _join(left: _Customer, right: _Customer, root: Member, customers: dict[int, _Customer]) -> None:
    """Make one of two; the smaller one moves, so that each id moves few times."""
    large, small = (left, right) if len(left.ids) >= len(right.ids) else (right, left)
    large.root = root
    large.born_at = min(left.born_at, right.born_at)
    large.ids += small.ids
    large.strong |= small.strong
    large.apart |= small.apart
    for identifier_id in small.ids:
        customers[identifier_id] = large


def _reason(left: _Customer, right: _Customer, meeting: Meeting, of: dict[int, Member]) -> str:
    """Which identifiers met, in words; no personal data."""
    met = " and ".join(sorted(_words(of[i]) for i in (meeting.left_id, meeting.right_id)))
    alike = sorted(left.strong & right.strong)
    if not alike:
        return f"{met} were seen on the same record, after each had been known alone"
    had = _many(alike)
    return f"{met} were seen on the same record; before, there were two customers, each with its own {had}"


def _words(member: Member) -> str:
    return f"{'an' if member.kind[0] in 'aeiou' else 'a'} {_named(member.kind)}"


def _many(kinds: list[tuple[str, str]]) -> str:
    return " and ".join(dict.fromkeys(_named(kind) for kind, _ in kinds))


def _named(kind: str) -> str:
    return {"email": "e-mail address", "phone": "phone number", "anonymous_id": "browser"}.get(kind, kind.replace("_", " "))
