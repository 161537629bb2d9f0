"""Customers found to be one, and taking such a finding back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.app.values import customer_text
from patron.kernel.ids import shown
from patron.kernel.time import iso
from patron.runtime.merges import MergeRow, read_merge_id, redo_merge, undo_merge
from patron.runtime.merges import merges as all_merges

if TYPE_CHECKING:
    from patron.app.project import Project


@dataclass(frozen=True, slots=True)
class Merges:
    """Some merges, the latest first."""

    total: int
    offset: int
    rows: tuple[MergeRow, ...]

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {"total": self.total, "offset": self.offset, "merges": [_as_json(m) for m in self.rows]}


@dataclass(frozen=True, slots=True)
class Resolved:
    """What undoing or redoing a merge led to."""

    merge: str
    customers: int

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {"merge": self.merge, "customers": self.customers}


def merges(project: Project, *, limit: int, offset: int) -> Merges:
    """The merges of a project."""
    rows = all_merges(project.store)
    return Merges(len(rows), offset, tuple(rows[offset : offset + limit]))


def undo(project: Project, merge: str) -> Resolved:
    """Take two customers apart again, for good.

    Raises:
        InputError: there is no such merge, or it is undone already.
    """
    done = undo_merge(project.store, read_merge_id(merge), now=project.clock.now())
    return Resolved(merge, done.customers)


def redo(project: Project, merge: str) -> Resolved:
    """Let an undone merge hold again.

    Raises:
        InputError: there is no such merge, or it was not undone.
    """
    done = redo_merge(project.store, read_merge_id(merge), now=project.clock.now())
    return Resolved(merge, done.customers)


def merge_text(merge: MergeRow) -> str:
    """A merge's id as it is shown."""
    return shown("mrg", merge.merge_id)


def _as_json(merge: MergeRow) -> dict[str, object]:
    return {
        "merge_id": merge_text(merge),
        "from": customer_text(merge.from_id),
        "into": customer_text(merge.into_id),
        "reason": merge.reason,
        "merged_at": merge.merged_at and iso(merge.merged_at),
        "undone_at": merge.undone_at and iso(merge.undone_at),
        "source": merge.source,
    }
