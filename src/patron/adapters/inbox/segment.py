"""One segment: a file with room for entries, made of zeros before the first is written, so that writing changes nothing but bytes."""

from __future__ import annotations

import os
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.adapters.inbox.records import packed, places, size_of, unpacked
from patron.kernel.errors import PermanentError
from patron.ports.inbox import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

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
        places: where each entry begins, and last where the next one would; None until the file has been read.
        open_file: the descriptor while it is being written to.
        room: bytes in the file.
    """

    path: Path
    first: int
    size: int
    places: array[int] | None = None
    open_file: int | None = None
    room: int = 0

    @property
    def last(self) -> int:
        """The position of its last entry; one before its first when it has none."""
        return self.first + len(self.known_places()) - 2

    def size_upto(self, position: int) -> int:
        """The bytes of its entries up to a position."""
        if position < self.first:
            return 0
        found = self.known_places()
        return found[min(position - self.first + 1, len(found) - 1)]

    def known_places(self) -> array[int]:
        """Where entries begin, read from the file if it has not been."""
        if self.places is None:
            self.places = places(self.path.read_bytes(), self.first)
            self.size = self.places[-1]
        return self.places

    def fitting(self, bodies: Sequence[bytes]) -> int:
        """How many of these there is room for."""
        free, count = self.room - self.size, 0
        for body in bodies:
            free -= size_of(body)
            if free < 0:
                break
            count += 1
        return count

    def write(self, bodies: Sequence[bytes]) -> None:
        """Put entries behind the others; they are on disk when this returns, and count once they are `taken`.

        Raises:
            OSError: the disk did not take them.
        """
        file, position = self._writable(), self.last + 1
        _write_all(file, packed(position, bodies), self.size)
        _keep_data(file)

    def take(self, bodies: Sequence[bytes]) -> None:
        """Count entries that have been written."""
        found, end = self.known_places(), self.size
        for body in bodies:
            end += size_of(body)
            found.append(end)
        self.size = end

    def entries(self, after: int, *, most: int, most_bytes: int) -> list[Entry]:
        """The entries of this file that follow a position; at least one if there is any, no more bytes than given otherwise.

        Raises:
            PermanentError: the file does not hold what was written to it.
        """
        found = self.known_places()
        begin = max(after + 1 - self.first, 0)
        end = min(begin + most, len(found) - 1)
        if begin >= end:
            return []
        while end - begin > 1 and found[end] - found[begin] > most_bytes:
            end = begin + (end - begin) // 2
        position = self.first + begin
        with self.path.open("rb") as file:
            data = os.pread(file.fileno(), found[end] - found[begin], found[begin])
        entries = [Entry(number, body) for number, (_, body) in enumerate(unpacked(data, position), position)]
        if len(entries) != end - begin:
            raise PermanentError(f"The inbox file {self.path.name} is damaged after entry {position + len(entries) - 1}.")
        return entries

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
    return Segment(path, first, 0, array("Q", [0]), file, room)


def found_segment(path: Path, *, is_last: bool) -> Segment:
    """A segment that is there already. The last one is read, and what is behind its last whole entry is taken away."""
    segment = Segment(path, int(path.stem), path.stat().st_size)
    if is_last:
        segment.known_places()
    return segment


def keep_names(folder: Path) -> None:
    """Have the names in a folder on disk."""
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _write_all(file: int, data: bytes, begin: int) -> None:
    done = os.pwrite(file, data, begin)
    while done < len(data):
        done += os.pwrite(file, memoryview(data)[done:], begin + done)
