"""The inbox: what was received and acknowledged, in order, until it has become facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Entry:
    """One received record.

    Attributes:
        position: its place, counted from 1 without gaps and never given to another.
        body: a JSON object: `source`, the source that reads it; `received_at`; and `record`, as a line of that source's JSON Lines.
    """

    position: int
    body: bytes


class Inbox(Protocol):
    """Keeps entries durably; one process writes and reads."""

    @property
    def last(self) -> int:
        """The position of the last durable entry; 0 before the first."""
        ...

    async def append(self, bodies: Sequence[bytes]) -> int:
        """The last position of these entries, once they are on disk.

        Raises:
            TransientError: there is no room, or the disk refuses; nothing is acknowledged.
        """
        ...

    def read(self, after: int, *, most: int) -> Sequence[Entry]:
        """Durable entries after a position, in order; from any thread."""
        ...

    def forget(self, upto: int) -> None:
        """Entries up to a position have become facts that are on disk: their space may be used again."""
        ...

    def wait(self, after: int, timeout: float) -> bool:
        """Whether there is an entry after a position; waits so many seconds for one."""
        ...

    def close(self) -> None:
        """Let go of the files."""
        ...
