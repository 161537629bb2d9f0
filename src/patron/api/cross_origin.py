"""Requests of pages of other origins: any shop's page may send, with whatever the browser's clients send along."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from patron.api.asgi import Answer, header

if TYPE_CHECKING:
    from patron.api.asgi import Headers, Scope

_NAMES = re.compile(rb"[\w-]+(?:\s*,\s*[\w-]+)*")
_USUAL = b"authorization, content-type, content-encoding, anonymousid, sentat, x-retry-count"


def preflight(scope: Scope) -> Answer:
    """The answer to a browser that asks what a page may send.

    Headers of any name are allowed: clients add new ones as they grow (those of RudderStack do when they try again), and the few that are
    read here say nothing that the page may not say.
    """
    asked = header(scope, b"access-control-request-headers") or b""
    return Answer(
        204,
        b"",
        (
            (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
            (b"access-control-allow-headers", asked if _NAMES.fullmatch(asked) else _USUAL),
            (b"access-control-max-age", b"7200"),
        ),
    )


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
