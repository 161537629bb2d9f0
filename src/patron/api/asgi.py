"""The shapes of ASGI, and answers in JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_JSON: tuple[bytes, bytes] = (b"content-type", b"application/json")
_HEADERS = "patron.headers"  # where a request's headers are put by name, as several are asked for


class Answer(msgspec.Struct, frozen=True):
    """What is sent back."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = (_JSON,)

    async def send(self, send: Send, further: Headers) -> None:
        """Send it, with further headers."""
        headers = [*self.headers, *further, (b"content-length", b"%d" % len(self.body))]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


class AnswerError(Exception):
    """Ends the work on a request with an answer."""

    def __init__(self, answer: Answer) -> None:
        """Keep the answer."""
        super().__init__(answer.status)
        self.answer = answer


def told(status: int, content: object, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Answer:
    """An answer in JSON."""
    return Answer(status, msgspec.json.encode(content), (_JSON, *headers))


def refused(status: int, code: str, message: str, *, retry_after: int | None = None) -> AnswerError:
    """An answer that says what is wrong; clients need the code, or they try again for ever."""
    headers = () if retry_after is None else ((b"retry-after", b"%d" % retry_after),)
    return AnswerError(told(status, {"success": False, "code": code, "message": message}, headers))


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first value of a header, by its name in lower case."""
    found: dict[bytes, bytes] | None = scope.get(_HEADERS)
    if found is None:
        found = scope[_HEADERS] = dict(reversed(scope["headers"]))
    return found.get(name)
