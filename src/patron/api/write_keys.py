"""Where clients put their key: Bearer, the user name of Basic authorization, the body, an item of the batch, or the address."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from patron.api.asgi import header
from patron.collect.usual_calls import UsualCall

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patron.api.asgi import Scope


def key_of_header(scope: Scope) -> str | None:
    """The user name of Basic authorization, with or without the colon that follows it."""
    said = header(scope, b"authorization")
    if said is None or said[:6].lower() != b"basic ":
        return None
    try:
        text = base64.b64decode(said[6:].strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return text.partition(":")[0] or None


def key_of_bearer(scope: Scope) -> str | None:
    """The key of Bearer authorization."""
    said = header(scope, b"authorization") or b""
    return said[7:].strip().decode("latin-1") or None if said[:7].lower() == b"bearer " else None


def key_of_body(body: Mapping[str, object], items: Sequence[object]) -> str | None:
    """The key that stands in a body, else in the first item that has one."""
    for place in (body, *items):
        if isinstance(place, UsualCall):
            if isinstance(place.write_key, str) and place.write_key:
                return place.write_key
        elif isinstance(place, dict):
            for name in ("writeKey", "api_key", "token"):
                key = place.get(name)
                if isinstance(key, str) and key:
                    return key
    return None


def key_of_query(scope: Scope) -> str | None:
    """The key that stands in the address."""
    return query_of(scope).get("writeKey")


def query_of(scope: Scope) -> dict[str, str]:
    """The parameters of the address; the last of a name counts."""
    text = scope.get("query_string", b"").decode("latin-1")
    try:
        return {name: values[-1] for name, values in parse_qs(text, max_num_fields=200).items()}
    except ValueError:
        return {}
