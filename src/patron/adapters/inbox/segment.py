"""One segment: a file with room for entries, made of zeros before the first is written, so that writing changes nothing but bytes."""

from __future__ import annotations

import os
from bisect import bisect_right
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from patron.adapters.inbox.records import Frame, frames, packed
from patron.adapters.inbox.records import entries as entries_of
from patron.kernel.errors import PermanentError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from patron.ports.inbox import Entry

SUFFIX = ".segment"
_ZEROS = bytes(1 << 20)
_keep_data = getattr(os, "fdatasync", os.fsync)  # not every system can leave out the times of the file


@dataclass(slots=True)
class Segment:
    """Entries that lie in one file.

    Attributes:
        path: the file; its name is the position of its first entry.
        first: that position.
        size: bytes in use.
        frames: where its entries lie; None until the file has been read.
        open_file: the descriptor while it is being written to.
        room: bytes in the file.
    """

    path: Path
    first: int
    size: int
    frames: list[Frame] | None = None
    open_file: int | None = None
    room: int = 0

    @property
    def last(self) -> int:
        """The position of its last entry; one before its first when it has none."""
        found = self.known_frames()
        return _last_of(found[-1]) if found else self.first - 1

    def size_upto(self, position: int) -> int:
        """The bytes of its frames all of whose entries are at or before a position."""
        found = self.known_frames()
        count = bisect_right(found, position, key=_last_of)
        return found[count - 1].end if count else 0

    def known_frames(self) -> list[Frame]:
        """Where entries lie, read from the file if it has not been."""
        if self.frames is None:
            self.frames = list(frames(self.path.read_bytes(), self.first))
            self.size = self.frames[-1].end if self.frames else 0
        return self.frames

    def write(self, bodies: Sequence[bytes]) -> Frame:
        """Put entries behind the others, in one frame; they are on disk when this returns, and count once the frame is taken.

        Raises:
            OSError: the disk did not take them.
        """
        file, position, begin = self._writable(), self.last + 1, self.size
        data = packed(position, bodies)
        _write_all(file, data, begin)
        _keep_data(file)
        return Frame(position, len(bodies), begin, begin + len(data))

    def take(self, written: Frame) -> None:
        """Count a frame that has been written."""
        self.known_frames().append(written)
        self.size = written.end

    def entries(self, after: int, upto: int, *, most: int, most_bytes: int) -> list[Entry]:
        """The entries of this file behind one position and no further than another; no more bytes than given, but for the first frame.

        Raises:
            PermanentError: the file does not hold what was written to it.
        """
        found = self.known_frames()
        begin = bisect_right(found, after, key=_last_of)
        entries: list[Entry] = []
        with self.path.open("rb") as file:
            for frame in islice(found, begin, None):
                if frame.first > upto or len(entries) >= most or (entries and frame.end - found[begin].begin > most_bytes):
                    break
                data = os.pread(file.fileno(), frame.end - frame.begin, frame.begin)
                if not list(frames(data, frame.first)):
                    raise PermanentError(f"The inbox file {self.path.name} is damaged after entry {frame.first - 1}.")
                entries += entries_of(data, frame)
        skipped = max(after + 1 - entries[0].position, 0) if entries else 0
        return entries[skipped : skipped + most]

    def cut(self) -> None:
        """Give back the room behind the last entry, and write no more.

        Raises:
            OSError: the disk did not do it; the segment can be cut again.
        """
        file = self._writable()
        os.ftruncate(file, self.size)
        os.fsync(file)
        self.room = self.size
        self.release()

    def release(self) -> None:
        """Let go of the file."""
        if self.open_file is not None:
            os.close(self.open_file)
            self.open_file = None

    def _writable(self) -> int:
        if self.open_file is None:
            self.open_file = os.open(self.path, os.O_RDWR)
        return self.open_file


def new_segment(folder: Path, first: int, *, room: int) -> Segment:
    """A segment of zeros that is on disk, with its name.

    Raises:
        OSError: the disk is full; nothing is left behind.
    """
    path = folder / f"{first:020d}{SUFFIX}"
    part = path.with_suffix(".part")
    file = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        for begin in range(0, room, len(_ZEROS)):
            _write_all(file, _ZEROS[: room - begin], begin)
        os.fsync(file)
        part.rename(path)
        keep_names(folder)
    except OSError:
        os.close(file)
        part.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        raise
    return Segment(path, first, 0, [], file, room)


def found_segment(path: Path, *, is_last: bool) -> Segment:
    """A segment that is there already. The last one is read, and what is behind its last whole entry is taken away."""
    segment = Segment(path, int(path.stem), path.stat().st_size)
    if is_last:
        segment.known_frames()
    return segment


def keep_names(folder: Path) -> None:
    """Have the names in a folder on disk."""
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _last_of(frame: Frame) -> int:
    return frame.first + frame.entry_count - 1


def _write_all(file: int, data: bytes | bytearray, begin: int) -> None:
    done = os.pwrite(file, data, begin)
    while done < len(data):
        done += os.pwrite(file, memoryview(data)[done:], begin + done)
