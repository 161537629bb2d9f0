"""Requests of pages of other origins: any shop's page may send, with what the browser's clients send along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.api.asgi import Answer, header

if TYPE_CHECKING:
    from patron.api.asgi import Headers, Scope

_PREFLIGHT: Headers = [
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
    (b"access-control-allow-headers", b"authorization, content-type, content-encoding, anonymousid, sentat, x-retry-count"),
    (b"access-control-max-age", b"7200"),
]
PREFLIGHT = Answer(204, b"", tuple(_PREFLIGHT))


def headers_for(scope: Scope) -> Headers:
    """What lets a page of another origin read the answer; nothing for those that are no page."""
    origin = header(scope, b"origin")
    if origin is None:
        return []
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),  # beacons carry cookies; nothing here reads them
        (b"access-control-expose-headers", b"retry-after"),
        (b"vary", b"origin"),
    ]
