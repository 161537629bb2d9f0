"""An inbox of append-only segment files: what arrives together is written and brought to the disk together, by a thread of its own.

An entry is acknowledged once `fdatasync` has returned. While that runs the next group gathers, so the disk is waited for once a group and
not once an entry, and the event loop never waits for it. Reading and forgetting may be done by any thread.
"""

from __future__ import annotations

import asyncio
import errno
import threading
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from patron.adapters.inbox.records import HEAD_BYTES, size_of
from patron.adapters.inbox.segment import SUFFIX, Segment, found_segment, keep_names, new_segment
from patron.kernel.errors import DISK_FULL, PermanentError, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from patron.adapters.inbox.records import Frame
    from patron.ports.inbox import Entry

LIMIT_BYTES = 1 << 30
SEGMENT_BYTES = 8 << 20
_READ_BYTES = 32 << 20
_FULL_DISK = frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT})
_TOO_MUCH = "Too much waits to be applied. Send it again later."
_CLOSED = "The inbox is closed. Send it again later."


class _Asked(NamedTuple):
    """Bodies that somebody waits to have kept."""

    bodies: Sequence[bytes]
    size: int
    loop: asyncio.AbstractEventLoop
    kept: asyncio.Future[int]


class Segments:
    """An inbox in a folder."""

    def __init__(self, folder: Path, *, limit_bytes: int = LIMIT_BYTES, segment_bytes: int = SEGMENT_BYTES, applied: int = 0) -> None:
        """Open the inbox in a folder, or begin one.

        Args:
            folder: made if it is not there; held by one process at a time.
            limit_bytes: the most that may wait for being applied.
            segment_bytes: the size of a file; larger for an entry that is larger.
            applied: a position that is known to have been applied; an inbox that knows less, as its files were lost, goes on behind it.
        """
        self._folder, self._limit, self._segment_bytes = folder, limit_bytes, segment_bytes
        folder.mkdir(parents=True, exist_ok=True)
        keep_names(folder.parent)
        self._segments = _recovered(folder, applied)
        self._last = self._segments[-1].last
        self._forgotten = self._segments[0].first - 1
        self._lock = threading.Lock()
        self._arrived, self._grown = threading.Condition(self._lock), threading.Condition(self._lock)
        self._asked: list[_Asked] = []
        self._asked_bytes, self._kept_bytes = 0, sum(s.size for s in self._segments)
        self._is_closed = self._is_torn = False
        self._writer = threading.Thread(target=self._write, name="inbox", daemon=True)
        self._writer.start()

    @property
    def last(self) -> int:
        """The position of the last entry that is on disk."""
        return self._last

    @property
    def waiting_bytes(self) -> int:
        """How much waits for being kept or applied."""
        return self._asked_bytes + self._kept_bytes

    async def append(self, bodies: Sequence[bytes]) -> int:
        """Keep these; returns the position of the last of them once all are on disk.

        Raises:
            TransientError: too much waits, the disk is full, or the inbox is closed; none of them was acknowledged.
        """
        if not bodies:
            return self._last
        loop = asyncio.get_running_loop()
        asked = _Asked(bodies, size_of(bodies), loop, loop.create_future())
        with self._lock:
            if self._is_closed:
                raise TransientError(_CLOSED)
            if self.waiting_bytes + asked.size > self._limit:
                raise TransientError(_TOO_MUCH)
            if not self._asked or self._asked[-1].loop is not loop:
                loop.call_soon(self._wake)  # behind all that is ready to be kept now, so that it is kept together
            self._asked.append(asked)
            self._asked_bytes += asked.size
        return await asked.kept

    def read(self, after: int, *, most: int) -> Sequence[Entry]:
        """The entries that follow a position, in order; at least one if there is any, and no more than `most` or about 32 MiB.

        Raises:
            PermanentError: a file does not hold what was written to it.
        """
        with self._lock:
            segments, last = list(self._segments), self._last
        try:
            return _entries(segments, last, after, most)
        except FileNotFoundError:
            with self._lock:
                if all(segment in self._segments for segment in segments):
                    raise
            return self.read(after, most=most)  # there are several readers, and another has had a file forgotten

    def forget(self, upto: int) -> None:
        """Entries up to this position were applied for good; files that hold nothing else are removed."""
        with self._lock:
            self._forgotten = max(self._forgotten, min(upto, self._last))
            gone = [s for s, following in pairwise(self._segments) if following.first - 1 <= self._forgotten]
            self._segments = self._segments[len(gone) :]
            self._kept_bytes = sum(s.size for s in self._segments) - self._segments[0].size_upto(self._forgotten)
        for segment in gone:
            segment.release()
            segment.path.unlink()

    def wait(self, after: int, timeout: float) -> bool:
        """Hold a thread until there is an entry after a position; whether there is one when so many seconds are over."""
        with self._lock:
            self._grown.wait_for(lambda: self._last > after or self._is_closed, timeout)
            return self._last > after

    def close(self) -> None:
        """Keep what has been asked for and let go of the files; whoever comes later is told to come again."""
        with self._lock:
            self._is_closed = True
            self._arrived.notify_all()
            self._grown.notify_all()
        self._writer.join()
        for segment in self._segments:
            segment.release()

    def _wake(self) -> None:
        with self._lock:
            self._arrived.notify()

    def _write(self) -> None:
        """Keep group after group until the inbox is closed."""
        try:
            while group := self._next_group():
                failure = self._kept(group)
                self._tell(group, failure)
        finally:
            with self._lock:  # also when this thread ends by a fault: nobody waits for ever
                self._is_closed = True
                left, self._asked = self._asked, []
            self._tell(left, TransientError(_CLOSED))

    def _next_group(self) -> list[_Asked]:
        with self._lock:
            self._arrived.wait_for(lambda: self._asked or self._is_closed)
            group, self._asked = self._asked, []
            return group

    def _kept(self, group: Sequence[_Asked]) -> TransientError | None:
        """Bring a group to the disk; what went wrong if not all of it is there."""
        left = list(group)
        try:
            while left:
                segment, count = self._with_room(left)
                self._is_torn = True
                written = segment.write([body for asked in left[:count] for body in asked.bodies])
                self._is_torn = False
                self._take(segment, written)
                del left[:count]
        except OSError as error:
            message = DISK_FULL if error.errno in _FULL_DISK else f"The inbox cannot be written to: {error.strerror}."
            return TransientError(message)
        return None

    def _with_room(self, group: Sequence[_Asked]) -> tuple[Segment, int]:
        """A segment, and how many of these it takes: at least one."""
        segment = self._segments[-1]
        count = 0 if self._is_torn else _fitting(segment, group)
        if not count:
            segment.cut()  # also takes away what was written and could not be brought to the disk
            self._is_torn = False
            following = new_segment(self._folder, self._last + 1, room=max(self._segment_bytes, HEAD_BYTES + group[0].size))
            with self._lock:
                if not segment.size:
                    self._segments.pop()
                self._segments.append(following)
                segment.frames = None  # read again when its turn comes: a long queue shall not fill the memory
            segment, count = following, _fitting(following, group)
        return segment, count

    def _take(self, segment: Segment, written: Frame) -> None:
        with self._lock:
            self._kept_bytes += written.end - segment.size
            segment.take(written)
            self._last = segment.last
            self._grown.notify_all()

    def _tell(self, group: Sequence[_Asked], failure: TransientError | None) -> None:
        """Answer everybody: with a position, or with what went wrong; some may be kept even then, and will be sent again."""
        with self._lock:
            self._asked_bytes -= sum(asked.size for asked in group)
            position = self._last
        answers: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[int], int | TransientError]]] = {}
        for asked in reversed(group):
            answers.setdefault(asked.loop, []).append((asked.kept, failure or position))
            position -= len(asked.bodies)
        for loop, answered in answers.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(_answer, answered)


def _answer(answered: Sequence[tuple[asyncio.Future[int], int | TransientError]]) -> None:
    for kept, answer in answered:
        if kept.done():  # whoever asked has gone
            continue
        if isinstance(answer, int):
            kept.set_result(answer)
        else:
            kept.set_exception(answer)


def _fitting(segment: Segment, group: Iterable[_Asked]) -> int:
    """How many of these a segment has room for in one frame."""
    free, count = segment.room - segment.size - HEAD_BYTES, 0
    for asked in group:
        free -= asked.size
        if free < 0:
            break
        count += 1
    return count


def _entries(segments: Sequence[Segment], last: int, after: int, most: int) -> list[Entry]:
    found: list[Entry] = []
    for segment, end in zip(segments, [*(s.first - 1 for s in segments[1:]), last], strict=True):
        if end <= max(after, segment.first - 1):
            continue
        if segment.last < end:
            raise PermanentError(f"The inbox file {segment.path.name} is damaged after entry {segment.last}.")
        found += segment.entries(after, end, most=most - len(found), most_bytes=_READ_BYTES)
        if len(found) == most or found[-1].position < end or sum(len(e.body) for e in found) > _READ_BYTES:
            break
    return found


def _recovered(folder: Path, applied: int) -> list[Segment]:
    """The segments of a folder, at least one, the last of them without what was torn."""
    for part in folder.glob("*.part"):
        part.unlink()
    paths = sorted(folder.glob(f"[0-9]*{SUFFIX}"))
    segments = [found_segment(path, is_last=path is paths[-1]) for path in paths]
    if segments:
        segments[-1].cut()
    if not segments or segments[-1].last < applied:
        begun = new_segment(folder, applied + 1, room=0)
        begun.release()
        for segment in segments:
            segment.path.unlink()
        return [begun]
    return segments
