"""Who entered and left segments, in the order in which it happened, from where a caller has read to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.app.actions.segments import definition_of
from patron.app.answers import answers_as_of
from patron.app.cursors import LATEST, behind, instant_of, parts_of, place, text_of
from patron.app.values import customer_text
from patron.kernel.expressions import said_once
from patron.kernel.given import given
from patron.kernel.ids import number_of
from patron.kernel.time import iso
from patron.runtime.memberships import CHANGES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import ibis.expr.types as ir

    from patron.app.project import Project

_ROWS = CHANGES.unbound()
_ORDER = (_ROWS.changed_at, _ROWS.customer_id, _ROWS.segment)
_EXAMPLE = "2026-11-26T08:00:00Z,cus_0000000000001,at_risk"


@dataclass(frozen=True, slots=True)
class MembershipChanges:
    """Changes of memberships, the earliest first.

    Attributes:
        as_of: the instant up to which all of them are known.
        rows: customer_id, segment, change, changed_at and why of each.
        next: the cursor behind the last of them.
    """

    as_of: datetime
    rows: tuple[Mapping[str, object], ...]
    next: str

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {"as_of": iso(self.as_of), "changes": [_as_json(row) for row in self.rows], "next": self.next}


def membership_changes(project: Project, *, after: str = "", segment: str = "", limit: int = 100) -> MembershipChanges:
    """Changes of memberships behind a cursor, of all segments or of one.

    Args:
        project: theirs.
        after: a cursor, an instant, or `latest` for none but those to come; from the beginning if not given.
        segment: the segment.
        limit: how many at most.

    Raises:
        NotFoundError: there is no such segment; the nearest is named.
        InputError: the cursor cannot be used.
    """
    of_segment = {"segment": definition_of(project, segment).slug} if segment else {}
    as_of = answers_as_of(project)
    if after == LATEST:
        return MembershipChanges(as_of, (), iso(as_of))
    parts = parts_of(after, (instant_of, _customer, text_of), _EXAMPLE) if after else ()
    found = project.store.ask(_changes(bool(segment), len(parts), limit), of_segment | place(parts)).to_pylist()
    return MembershipChanges(as_of, tuple(found), _cursor(found[-1]) if found else after or iso(as_of))


@said_once
def _changes(is_of_one: bool, parts: int, limit: int) -> ir.Table:  # noqa: FBT001  # it is said once by all three
    """So many changes, of a segment that is given or of all, behind a place that is given, or from the beginning."""
    wanted = [_ROWS.segment == given("segment", "string")] if is_of_one else []
    wanted += [behind(_ORDER, parts)] if parts else []
    return (_ROWS.filter(*wanted) if wanted else _ROWS).order_by(*_ORDER).limit(limit)


def _as_json(row: Mapping[str, object]) -> dict[str, object]:
    at, who = iso(row["changed_at"]), customer_text(row["customer_id"])  # type: ignore[arg-type]
    return {"at": at, "customer_id": who, "segment": row["segment"], "change": row["change"], "why": row["why"]}


def _cursor(row: Mapping[str, object]) -> str:
    told = _as_json(row)
    return f"{told['at']},{told['customer_id']},{told['segment']}"


def _customer(text: str) -> int:
    number = number_of(text, "cus")
    if number is None:
        raise ValueError(text)
    return number
