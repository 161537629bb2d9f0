"""An application asked without a network: a request goes in, an answer comes out."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from patron.api.collection import Collection
from patron.testing.inbox import MemoryInbox

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from patron.api.asgi import App
    from patron.ports.inbox import Inbox

KEY = "patron_write_key"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Clock:
    """Tells what it is told."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at


@dataclass(frozen=True)
class Answered:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Shop:
    """A collection with its inbox in memory."""

    inbox: Inbox = field(default_factory=MemoryInbox)
    clock: Clock = field(default_factory=Clock)

    @property
    def app(self) -> Collection:
        return Collection(self.inbox, lambda key: key == KEY, self.clock)

    def post(self, path: str, body: object, **headers: str) -> Answered:
        """Sent with the key, by Basic authorization."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return asked(self.app, "POST", path, data, {"authorization": basic(f"{KEY}:"), **headers})

    def records(self) -> list[dict[str, Any]]:
        """What stands in the inbox."""
        return [json.loads(entry.body)["record"] for entry in self.inbox.read(0, most=10_000)]


def basic(user: str) -> str:
    return "Basic " + base64.b64encode(user.encode()).decode()


def asked(app: App, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answered:
    """One request, in pieces if the body is large."""
    address, _, query = path.partition("?")
    pieces = [body[n : n + 65_536] for n in range(0, len(body), 65_536)] or [b""]
    messages = [{"type": "http.request", "body": piece, "more_body": n + 1 < len(pieces)} for n, piece in enumerate(pieces)]
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return messages.pop(0)

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": address,
        "query_string": query.encode("latin-1"),
        "headers": [(name.replace("_", "-").lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()],
        "scheme": "http",
        "server": ("127.0.0.1", 8000),
        "client": ("203.0.113.9", 4000),
    }
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    assert int(found["content-length"]) == len(sent[1]["body"])
    return Answered(sent[0]["status"], found, sent[1]["body"])
