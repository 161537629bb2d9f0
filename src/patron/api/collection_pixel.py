"""The pixel: an event in an address, for e-mails. The answer is an empty picture whatever comes, as nobody reads another."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from patron.api.asgi import Answer

_GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
PICTURE = Answer(200, _GIF, ((b"content-type", b"image/gif"), (b"cache-control", b"no-store")))


def call_of_query(query: dict[str, str]) -> dict[str, Any] | None:
    """The call in the parameters of an address: in `data` as Base64, else each by its own dotted name. None when it cannot be read."""
    data = query.get("data")
    if data is None:
        return _nested({name: value for name, value in query.items() if name != "writeKey"})
    try:
        raw = base64.urlsafe_b64decode(data.replace("+", "-").replace("/", "_").replace(" ", "-") + "=" * (-len(data) % 4))
        read = msgspec.json.decode(raw)
    except (binascii.Error, ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _nested(flat: dict[str, str]) -> dict[str, Any]:
    """Parameters with dotted names as objects in each other: `properties.name=x`."""
    call: dict[str, Any] = {}
    for name, value in flat.items():
        *path, last = name.split(".")
        place = call
        for step in path:
            inner = place.setdefault(step, {})
            if not isinstance(inner, dict):
                break
            place = inner
        else:
            place[last] = value
    return call
