"""Connections that end: only so many are open at once, and whoever sends too slowly or too much, or does not read the answer, is let go.

The server below limits nothing of what comes before a request is whole. A proxy does, but Patron may stand without one.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

    from uvicorn.config import Config
    from uvicorn.server import ServerState

_RETRY_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Limits:
    """How much whoever connects may take.

    Attributes:
        connections: open at once.
        head_seconds: from the connection, or from the first byte, until the head of a request is there.
        request_seconds: from the first byte until the request is whole; the reading of bodies ends sooner, with an answer.
        unread_seconds: how long an answer may wait to be read.
        head_bytes: of a head.
        request_bytes: of a whole request.
        held_bytes: of all requests together that are not whole yet.
    """

    connections: int = 500
    head_seconds: float = 10
    request_seconds: float = 60
    unread_seconds: float = 30
    head_bytes: int = 64 << 10
    request_bytes: int = 8 << 20
    held_bytes: int = 256 << 20


@dataclass(slots=True)
class Held:
    """Bytes of requests that are not whole yet, of all connections."""

    total: int = 0


class _Joined:
    """A transport for one answer: its head is sent with the first part of its body, as one write costs less than two."""

    __slots__ = ("_head", "_transport", "close", "is_closing")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head: bytes | None = None
        self.close, self.is_closing = transport.close, transport.is_closing

    def write(self, data: bytes) -> None:
        if self._head is None:
            self._head = data
        elif self._head:
            self._transport.write(self._head + data)
            self._head = b""
        else:
            self._transport.write(data)


class Connection(HttpToolsProtocol):
    """One connection, within limits."""

    def __init__(
        self,
        limits: Limits,
        held: Held,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Begin with nothing received.

        Args:
            limits: of this connection and all others.
            held: shared with the others.
            config: the server's.
            server_state: the server's.
            app_state: the server's.
        """
        super().__init__(config, server_state, app_state, _loop)
        self._limits, self._held = limits, held
        self._awaited_since: float | None = None  # a request that is not whole
        self._has_head = False
        self._received = 0  # bytes of it
        self._unread_since: float | None = None

    @property
    def is_idle(self) -> bool:
        """Whether everything that was asked has been answered."""
        return self._awaited_since is None and self.cycle is not None and self.cycle.response_complete

    def end_if_late(self, now: float) -> None:
        """Let go of whoever keeps the server waiting; to be called again and again.

        Args:
            now: seconds, by the clock of the loop.
        """
        if self.transport.is_closing() or self.flow.write_paused:
            self._unread_since = self._unread_since or now
        else:
            self._unread_since = None
        limits = self._limits
        patience = limits.request_seconds if self._has_head else limits.head_seconds
        is_slow = self._awaited_since is not None and now - self._awaited_since > patience
        if is_slow or (self._unread_since is not None and now - self._unread_since > limits.unread_seconds):
            self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection if there is room, or one that is idle can make room."""
        super().connection_made(transport)
        self._awaited_since = self.loop.time()
        if len(self.connections) > self._limits.connections:
            idle = next((other for other in self.connections if isinstance(other, Connection) and other.is_idle), None)
            if idle is not None:
                idle.transport.close()
            else:
                self._refuse(503, "too_many_connections", "Too many connections are open.")

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what was received."""
        self._let_go()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless it becomes too much."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self._awaited_since is not None:
            self._received += len(data)
            self._held.total += len(data)
            self._check()
        elif self.is_idle:  # blank lines between requests
            self._awaited_since, self._has_head = self.loop.time(), False

    def on_message_begin(self) -> None:
        """Await a request."""
        super().on_message_begin()
        self._awaited_since, self._has_head = self.loop.time(), False

    def on_headers_complete(self) -> None:
        """Begin the work on a request; headers behind its body are not kept."""
        self._has_head = True
        super().on_headers_complete()
        if self.scope["method"] != "HEAD" and not self.expect_100_continue:  # to which the first that is written is an answer with a body
            self.cycle.transport = cast("asyncio.Transport", _Joined(self.transport))
        self.headers = deque(maxlen=0)  # type: ignore[assignment]

    def on_body(self, body: bytes) -> None:
        """Take a part of a body: the first as it is, without a copy; behind it the others grow in place."""
        held = self.cycle.body
        if not held:
            self.cycle.body = b""  # type: ignore[assignment]  # to which the part is added by taking its place
        elif isinstance(held, bytes):
            self.cycle.body = bytearray(held)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Have a request whole."""
        self._awaited_since = None
        self._let_go()
        super().on_message_complete()

    def _check(self) -> None:
        if not self._has_head and self._received > self._limits.head_bytes:
            self._refuse(431, "too_large", f"The head of a request holds no more than {self._limits.head_bytes:,} bytes.")
        elif self._received > self._limits.request_bytes:
            self.transport.abort()
        elif self._held.total > self._limits.held_bytes:
            self._refuse(503, "busy", "Too many requests are being received.")

    def _let_go(self) -> None:
        self._held.total -= self._received
        self._received = 0

    def _refuse(self, status: int, code: str, message: str) -> None:
        """Answer without a request, and close."""
        body = msgspec.json.encode({"success": False, "code": code, "message": message})
        retry = b"retry-after: %d\r\n" % _RETRY_SECONDS if status == 503 else b""
        head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        self.transport.write(b"".join((STATUS_LINE[status], retry, head, body)))
        self.transport.close()
