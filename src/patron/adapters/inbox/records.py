"""How entries lie in a segment file: in frames, one for all that were written together, one after the other; the room left is zeros.

A frame is the bytes that follow its head, their checksum, the position of its first entry and how many there are; then the length of each
body, then the bodies. A frame whose checksum or position does not fit is the end of what was written: it was torn when the process or the
machine stopped, and was never acknowledged.
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from typing import TYPE_CHECKING, NamedTuple

from patron.ports.inbox import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HEAD = struct.Struct("<IIQI")  # bytes that follow, checksum of the rest of the head and of them, first position, entries
HEAD_BYTES = _HEAD.size
_COUNTED = struct.Struct("<QI")
_LENGTH_BYTES = 4


class Frame(NamedTuple):
    """Where the entries of one append lie.

    Attributes:
        first: the position of its first entry.
        entry_count: how many.
        begin: where it begins in the file.
        end: where the next one does.
    """

    first: int
    entry_count: int
    begin: int
    end: int


def size_of(bodies: Sequence[bytes]) -> int:
    """The bytes that entries take in a frame, beside its head."""
    return _LENGTH_BYTES * len(bodies) + sum(map(len, bodies))


def packed(position: int, bodies: Sequence[bytes]) -> bytearray:
    """Entries as they lie in a file, the first at this position."""
    data = bytearray().join((bytes(HEAD_BYTES), _lengths(array("I", map(len, bodies))), *bodies))
    content = memoryview(data)[HEAD_BYTES:]
    _HEAD.pack_into(data, 0, len(content), _checksum(position, len(bodies), content), position, len(bodies))
    return data


def frames(data: bytes, position: int) -> Iterator[Frame]:
    """The whole frames of a file, the first of which begins with this position; ends where something else begins."""
    view, place = memoryview(data), 0
    while place + HEAD_BYTES <= len(view):
        length, checksum, first, count = _HEAD.unpack_from(view, place)
        begin = place + HEAD_BYTES
        if not count or first != position or begin + length > len(view):
            return
        if _checksum(first, count, view[begin : begin + length]) != checksum:
            return
        place = begin + length
        yield Frame(first, count, begin - HEAD_BYTES, place)
        position += count


def entries(data: bytes, frame: Frame) -> list[Entry]:
    """The entries of a frame, whose bytes these are."""
    found = []
    place = HEAD_BYTES + _LENGTH_BYTES * frame.entry_count
    lengths = array("I")
    lengths.frombytes(data[HEAD_BYTES:place])
    for position, length in enumerate(_lengths(lengths), frame.first):
        found.append(Entry(position, data[place : place + length]))
        place += length
    return found


def _lengths(lengths: array[int]) -> array[int]:
    """Lengths in the order of bytes that files have."""
    if sys.byteorder == "big":
        lengths.byteswap()
    return lengths


def _checksum(position: int, count: int, content: memoryview) -> int:
    return zlib.crc32(content, zlib.crc32(_COUNTED.pack(position, count)))
