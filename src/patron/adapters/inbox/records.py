"""How entries lie in a segment file: length, CRC-32, position, body, one after the other; the room that is left is zeros.

A record whose checksum or position does not fit is the end of what was written: it was torn when the process or the machine stopped, and
was never acknowledged.
"""

from __future__ import annotations

import struct
import zlib
from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HEAD = struct.Struct("<IIQ")  # length of the body, checksum of position and body, position
_POSITION = struct.Struct("<Q")


def size_of(body: bytes) -> int:
    """The bytes that an entry takes in a file."""
    return HEAD.size + len(body)


def packed(position: int, bodies: Sequence[bytes]) -> bytes:
    """Entries as they lie in a file, the first at this position."""
    parts = []
    for number, body in enumerate(bodies, position):
        parts.append(HEAD.pack(len(body), _checksum(number, body), number))
        parts.append(body)
    return b"".join(parts)


def unpacked(data: bytes | memoryview, position: int) -> Iterator[tuple[int, bytes]]:
    """The place and the body of each whole entry, the first at this position; ends where something else begins."""
    view, place = memoryview(data), 0
    while place + HEAD.size <= len(view):
        length, checksum, number = HEAD.unpack_from(view, place)
        begin = place + HEAD.size
        if not length or number != position or begin + length > len(view):
            return
        body = bytes(view[begin : begin + length])
        if _checksum(number, body) != checksum:
            return
        yield place, body
        place, position = begin + length, position + 1


def places(data: bytes | memoryview, position: int) -> array[int]:
    """Where each whole entry begins, and last where the next one would."""
    found = array("Q", [0])
    for place, body in unpacked(data, position):
        found.append(place + size_of(body))
    return found


def _checksum(position: int, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(_POSITION.pack(position)))
