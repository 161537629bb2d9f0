"""An inbox in memory, for tests of what reads one; it passes the same suite as the real ones."""

from __future__ import annotations

from threading import Condition
from typing import TYPE_CHECKING

from patron.ports.inbox import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence


class MemoryInbox:
    """An `Inbox` that lasts as long as its process."""

    def __init__(self) -> None:
        """Begin empty."""
        self._entries: list[Entry] = []
        self._last = 0
        self._come = Condition()

    @property
    def last(self) -> int:
        """The position of the last entry."""
        return self._last

    async def append(self, bodies: Sequence[bytes]) -> int:
        """The last position of these entries."""
        return self.put(*bodies)

    def put(self, *bodies: bytes) -> int:
        """The same, where nothing is awaited."""
        with self._come:
            for body in bodies:
                self._last += 1
                self._entries.append(Entry(self._last, body))
            self._come.notify_all()
        return self._last

    def read(self, after: int, *, most: int) -> Sequence[Entry]:
        """Entries after a position, in order."""
        return [e for e in self._entries if e.position > after][:most]

    def forget(self, upto: int) -> None:
        """Drop entries up to a position."""
        self._entries = [e for e in self._entries if e.position > upto]

    def wait(self, after: int, timeout: float) -> bool:
        """Whether there is an entry after a position; waits so many seconds for one."""
        with self._come:
            return self._come.wait_for(lambda: self._last > after, timeout)

    def close(self) -> None:
        """There is nothing to let go of."""
