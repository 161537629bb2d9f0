"""The inbox: what the outside has sent and was told is kept, until it has become facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


class Entry(NamedTuple):
    """One thing that was received.

    Attributes:
        position: counts from 1 without gaps and is never used again.
        body: the JSON object `{"source": …, "received_at": …, "record": {…}}`: the record is what the source's layout reads from one
            line of a file. Where those of a source are of several kinds, as the topics of a shop system, `"kind": …` says which.
    """

    position: int
    body: bytes


class Inbox(Protocol):
    """Keeps what was received, in order, until it is forgotten."""

    @property
    def last(self) -> int:
        """The position of the last entry that is on disk; 0 before the first."""
        ...

    async def append(self, bodies: Sequence[bytes]) -> int:
        """Keep these; returns the position of the last of them once all are on disk.

        Raises:
            TransientError: they cannot be kept now: too much waits, or the disk is full. None was acknowledged.
        """
        ...

    def read(self, after: int, *, most: int) -> Sequence[Entry]:
        """The entries that follow a position, in order; no more than `most`, and at least one if there is any. From any thread."""
        ...

    def forget(self, upto: int) -> None:
        """Entries up to this position were applied for good: their room may be used again."""
        ...

    def wait(self, after: int, timeout: float) -> bool:
        """Hold a thread until there is an entry after a position; whether there is one when so many seconds are over."""
        ...

    def close(self) -> None:
        """Finish what has been begun and let go of the files."""
        ...
