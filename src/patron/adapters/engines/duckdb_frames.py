"""What a host and its guests say to each other: frames, each a kind, a length and a body; rows are in Arrow's own form.

A guest asks one thing at a time and is answered before it asks the next. Only `ALIVE` is not answered.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    import socket

QUERY, EXECUTE, PUT = b"q", b"x", b"p"
"""Asked: rows of a statement, a statement of any kind, rows for a temporary table."""
HOLD, FREE, ALIVE = b"h", b"f", b"a"
"""Asked: take the turn, let go of it and of all that was seen; and that the guest is still there."""
ROWS, DONE, FAILED = b"R", b"D", b"F"
"""Answered: some rows, the end of the answer, or why there is none."""
CHUNK = 50_000
"""Rows in a frame at most."""
_HEAD = struct.Struct("!cQ")
_LONGEST = 1 << 32


def send(peer: socket.socket, kind: bytes, *parts: bytes | memoryview) -> None:
    """Send a frame; its body is given in parts."""
    peer.sendall(_HEAD.pack(kind, sum(len(part) for part in parts)))
    for part in parts:
        peer.sendall(part)


def receive(peer: socket.socket) -> tuple[bytes, bytearray]:
    """The next frame: its kind and its body.

    Raises:
        OSError: there is none any more, or not as long as the socket waits.
    """
    kind, length = _HEAD.unpack(_exactly(peer, _HEAD.size))
    if length > _LONGEST:
        raise ConnectionError("This is no frame.")
    return kind, _exactly(peer, length)


def packed(rows: pa.Table) -> memoryview:
    """Rows as bytes."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return memoryview(sink.getvalue()).cast("B")


def unpacked(body: bytearray | memoryview) -> pa.Table:
    """Rows from bytes."""
    with pa.ipc.open_stream(body) as reader:
        return reader.read_all()


def chunks(rows: pa.Table) -> list[pa.Table]:
    """Rows in pieces of the length of a frame; one without rows where there are none, as it tells their types."""
    return [rows.slice(begin, CHUNK) for begin in range(0, max(rows.num_rows, 1), CHUNK)]


def _exactly(peer: socket.socket, length: int) -> bytearray:
    body, filled = bytearray(length), 0
    with memoryview(body) as view:
        while filled < length:
            count = peer.recv_into(view[filled:])
            if not count:
                raise ConnectionError("The other side has gone.")
            filled += count
    return body
