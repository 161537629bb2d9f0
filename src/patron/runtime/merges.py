"""Merges: which customers were found to be one, and taking such a finding back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from patron.facts import tables as t
from patron.kernel.errors import InputError
from patron.kernel.ids import number_of, shown
from patron.kernel.problems import Problem
from patron.kernel.time import literal
from patron.runtime.resolving import Resolution, resolve

if TYPE_CHECKING:
    from datetime import datetime

    import ibis.expr.types as ir

    from patron.ports.engine import Store

_MERGES = t.MERGES.unbound()


@dataclass(frozen=True, slots=True)
class MergeRow:
    """A row of `facts.MERGES`.

    Attributes:
        merge_id: its id; `shown("mrg", …)` for people.
        from_id: the customer that forwards.
        into_id: the customer that stays.
        reason: which identifiers met, in words.
        merged_at: when they met, without a zone; None when nobody knows.
        undone_at: when it was taken back; None while it holds.
        source: whose record showed it.
    """

    merge_id: int
    from_id: int
    into_id: int
    reason: str
    merged_at: datetime | None
    undone_at: datetime | None
    source: str


def merges(store: Store) -> list[MergeRow]:
    """All merges, those that were undone too, the latest first."""
    rows = _MERGES.drop("link_id").order_by(ibis.desc(ibis.coalesce(_MERGES.merged_at, _MERGES.undone_at)), _MERGES.merge_id)
    return [MergeRow(**row) for row in store.query(rows).to_pylist()]


def undo_merge(store: Store, merge_id: int, *, now: datetime) -> Resolution:
    """Keep the two customers of a merge apart from now on, whatever may be loaded later, and resolve again.

    Raises:
        InputError: there is no such merge, or it is undone already.
    """
    with store.transaction():
        if _found(store, merge_id)["undone_at"] is not None:
            raise InputError(f"The merge {shown('mrg', merge_id)} is undone already.")
        return _set_undone(store, merge_id, literal(now), now=now)


def redo_merge(store: Store, merge_id: int, *, now: datetime) -> Resolution:
    """Let the records decide again about a merge that was undone, and resolve.

    Raises:
        InputError: there is no such merge, or it was not undone.
    """
    with store.transaction():
        if _found(store, merge_id)["undone_at"] is None:
            raise InputError(f"The merge {shown('mrg', merge_id)} holds: it was not undone.")
        return _set_undone(store, merge_id, ibis.null("timestamp(6)"), now=now)


def _set_undone(store: Store, merge_id: int, at: ir.TimestampValue, *, now: datetime) -> Resolution:
    row = _MERGES.filter(_MERGES.merge_id == merge_id)
    store.update("merges", row.select("merge_id", undone_at=at), ("merge_id",))
    return resolve(store, now=now)


def _found(store: Store, merge_id: int) -> dict[str, object]:
    rows = store.query(_MERGES.filter(_MERGES.merge_id == merge_id)).to_pylist()
    if not rows:
        problem = Problem("merge", shown("mrg", merge_id), "the id of a merge", "list them with `patron merges`")
        raise InputError("There is no such merge.", [problem])
    return rows[0]


def read_merge_id(text: str) -> int:
    """The number of a merge as people write it, `mrg_…`.

    Raises:
        InputError: the text is no such id.
    """
    number = number_of(text.strip(), "mrg")
    if number is None:
        problem = Problem("merge", text, "an id such as mrg_0000000000001", "list them with `patron merges`")
        raise InputError("This is not the id of a merge.", [problem])
    return number
