"""When somebody is due next: read for a while ahead, and followed through ticks in which nothing comes."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from patron.runtime.due_times import soon_due

if TYPE_CHECKING:
    from datetime import datetime

    import pyarrow as pa

    from patron.ports.engine import Store


class NextDue:
    """The instants at which customers are due next, after the answers for an instant."""

    def __init__(self, store: Store) -> None:
        """Know of none yet; the store holds `DUE`."""
        self._store = store
        self._as_of: datetime | None = None
        self._soon: list[datetime] = []
        self._is_nobody = False

    def forget(self) -> None:
        """Others are due."""
        self._as_of = None

    def after(self, as_of: datetime) -> datetime | None:
        """When somebody is due next after the answers for an instant; None when nobody ever is."""
        if as_of != self._as_of or not (self._soon or self._is_nobody):
            self._store.tell(as_of)
            self._as_of, self._soon = as_of, soon_due(self._store)
            self._is_nobody = not self._soon
        return self._soon[0] if self._soon else None

    def follow(self, before: datetime, as_of: datetime, rows: pa.Table) -> None:
        """A tick that followed another has looked at nobody but those who were due by then.

        Args:
            before: the instant of the other.
            as_of: its own.
            rows: of `DUE`, for those of them who are due again.
        """
        if before != self._as_of:
            return
        last = self._soon[-1] if self._soon else as_of
        again = (at.replace(tzinfo=UTC) for at in rows["due_at"].to_pylist())
        self._soon = sorted({at for at in (*self._soon, *again) if as_of < at <= last})
        self._as_of, self._is_nobody = as_of, self._is_nobody and not rows.num_rows
