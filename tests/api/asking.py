"""Requests to an ASGI application, and an inbox in memory."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from patron.kernel.errors import TransientError
from patron.ports.inbox import Entry

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

    from patron.api.asgi import App

NOW = datetime(2026, 11, 26, 8, 0, 0, 123456, tzinfo=UTC)


class StoppedClock:
    def now(self) -> datetime:
        return NOW


@dataclass
class MemoryInbox:
    """Keeps entries in a list; full when told so."""

    bodies: list[bytes] = field(default_factory=list)
    is_full: bool = False

    @property
    def last(self) -> int:
        return len(self.bodies)

    async def append(self, bodies: Sequence[bytes]) -> int:
        if self.is_full:
            raise TransientError("Too much waits.")
        self.bodies.extend(bodies)
        return self.last

    def read(self, after: int, *, most: int) -> Sequence[Entry]:
        return [Entry(n + 1, b) for n, b in enumerate(self.bodies)][after : after + most]

    def forget(self, upto: int) -> None:
        raise NotImplementedError(upto)

    def wait(self, after: int, timeout: float) -> bool:
        del timeout
        return self.last > after

    def close(self) -> None:
        self.bodies.clear()

    @property
    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(b) for b in self.bodies]


def ask(
    app: App, path: str, body: bytes = b"", *, method: str = "POST", headers: dict[str, str] | None = None, query: str = ""
) -> tuple[int, Any]:
    """The status and content of an answer."""
    sent: list[MutableMapping[str, Any]] = []
    scope = {
        "type": "http", "method": method, "path": path, "query_string": query.encode(),
        "headers": [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in (headers or {}).items()],
    }  # fmt: skip

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]  # a coroutine, as ASGI has it
    return sent[0]["status"], json.loads(sent[1]["body"])
