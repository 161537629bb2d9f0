"""What every inbox must do, and an inbox in memory for tests of what reads it."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from patron.kernel.errors import TransientError
from patron.ports.inbox import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patron.ports.inbox import Inbox


class MemoryInbox:
    """An inbox that forgets everything with its process."""

    def __init__(self, *, limit_bytes: int = 1 << 30) -> None:
        """Begin an empty one that holds so many bytes."""
        self._limit, self._entries, self._last = limit_bytes, list[Entry](), 0
        self._grown = threading.Condition()
        self._is_closed = False

    @property
    def last(self) -> int:
        """The position of the last entry."""
        return self._last

    async def append(self, bodies: Sequence[bytes]) -> int:
        """Keep these; returns the position of the last.

        Raises:
            TransientError: too much waits, or the inbox is closed.
        """
        with self._grown:
            if self._is_closed or sum(len(b) for b in [*bodies, *(e.body for e in self._entries)]) > self._limit:
                raise TransientError("The inbox takes nothing now. Send it again later.")
            self._entries += [Entry(number, body) for number, body in enumerate(bodies, self._last + 1)]
            self._last += len(bodies)
            self._grown.notify_all()
            return self._last

    def read(self, after: int, *, most: int) -> Sequence[Entry]:
        """The entries that follow a position."""
        return [e for e in self._entries if e.position > after][:most]

    def forget(self, upto: int) -> None:
        """Drop the entries up to a position."""
        with self._grown:
            self._entries = [e for e in self._entries if e.position > upto]

    def wait(self, after: int, timeout: float) -> bool:
        """Hold a thread until there is an entry after a position."""
        with self._grown:
            self._grown.wait_for(lambda: self._last > after or self._is_closed, timeout)
            return self._last > after

    def close(self) -> None:
        """Take no more."""
        with self._grown:
            self._is_closed = True
            self._grown.notify_all()


class InboxContract:
    """Inherit it, and give a fixture `inbox`: an empty one that holds about 4,000 bytes."""

    def test_positions_count_from_one_and_bodies_come_back(self, inbox: Inbox) -> None:
        """In order, as many as asked for."""
        assert inbox.last == 0
        assert asyncio.run(inbox.append([b"a", b"b"])) == 2
        assert asyncio.run(inbox.append([b"c"])) == inbox.last == 3
        assert list(inbox.read(0, most=2)) == [Entry(1, b"a"), Entry(2, b"b")]
        assert list(inbox.read(2, most=9)) == [Entry(3, b"c")]
        assert list(inbox.read(3, most=9)) == []

    def test_nothing_appended_is_nothing_kept(self, inbox: Inbox) -> None:
        """The last position stays."""
        assert asyncio.run(inbox.append([])) == inbox.last == 0

    def test_forgotten_positions_are_not_used_again(self, inbox: Inbox) -> None:
        """The next entry follows the last, whatever was forgotten."""
        asyncio.run(inbox.append([b"a", b"b", b"c"]))
        inbox.forget(3)
        assert asyncio.run(inbox.append([b"d"])) == 4
        assert list(inbox.read(3, most=9)) == [Entry(4, b"d")]

    def test_too_much_is_refused_until_some_is_forgotten(self, inbox: Inbox) -> None:
        """What was kept before is still there, and what was refused is not."""
        with pytest.raises(TransientError):
            asyncio.run(_filled(inbox))
        held = inbox.last
        assert 20 < held <= 40
        inbox.forget(held)
        assert asyncio.run(inbox.append([b"next"])) == held + 1

    def test_waiting_ends_when_something_comes_or_time_is_over(self, inbox: Inbox) -> None:
        """With the answer whether there is anything."""
        assert not inbox.wait(0, 0.01)
        waited: list[bool] = []
        thread = threading.Thread(target=lambda: waited.append(inbox.wait(0, 10)))
        thread.start()
        asyncio.run(inbox.append([b"a"]))
        thread.join()
        assert waited == [True]
        assert inbox.wait(0, 0)

    def test_whoever_waits_is_let_go_when_it_closes(self, inbox: Inbox) -> None:
        """At once, with nothing."""
        waited: list[bool] = []
        thread = threading.Thread(target=lambda: waited.append(inbox.wait(0, 10)))
        thread.start()
        inbox.close()
        thread.join()
        assert waited == [False]


async def _filled(inbox: Inbox) -> None:
    while True:
        await inbox.append([b"e" * 100])
