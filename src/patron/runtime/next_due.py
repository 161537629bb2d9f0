"""Who is due next, and when: read for a while ahead, and followed through ticks in which nothing comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.runtime.due_times import due_now, soon_due

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from patron.ports.engine import Store


class NextDue:
    """The customers who are due next, after the answers for an instant."""

    def __init__(self, store: Store) -> None:
        """Know of none yet; the store holds `DUE`."""
        self._store = store
        self._as_of: datetime | None = None
        self._soon: list[tuple[datetime, int]] = []
        self._until: datetime | None = None

    def forget(self) -> None:
        """Others are due."""
        self._as_of = None

    def after(self, as_of: datetime) -> datetime | None:
        """When somebody is due next after the answers for an instant; None when nobody ever is."""
        if as_of != self._as_of or not (self._soon or self._until is None):
            self._store.tell(as_of)
            self._soon, self._until = soon_due(self._store, as_of)
            self._as_of = as_of
        return self._soon[0][0] if self._soon else None

    def who(self, before: datetime, now: datetime) -> Sequence[int]:
        """Who is due at the moment, which the store was told, and was not by the instant of the answers before."""
        if before != self._as_of or (self._until is not None and now > self._until):
            return self._store.query(due_now())["customer_id"].to_pylist()
        return [customer_id for at, customer_id in self._soon if at <= now]

    def follow(self, before: datetime, as_of: datetime, again: Iterable[tuple[datetime, int]]) -> None:
        """A tick that followed another has looked at nobody but those who were due by then.

        Args:
            before: the instant of the other.
            as_of: its own.
            again: when who of them is due again.
        """
        if before != self._as_of:
            return
        soon = [*self._soon, *again]
        self._soon = sorted((at, who) for at, who in soon if as_of < at and (self._until is None or at <= self._until))
        self._as_of = as_of
