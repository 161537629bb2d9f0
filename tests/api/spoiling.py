"""Bodies of requests that were right, until something in them was replaced, put in, left out or said twice."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np

from api.calling import KEY
from sources.webhooks import ORDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CALL: dict[str, Any] = {
    "type": "track", "event": "Product Viewed", "userId": "u1", "anonymousId": "v1", "messageId": "m1", "writeKey": KEY,
    "timestamp": "2026-03-01T11:59:00Z", "sentAt": "2026-03-01T11:59:01.5+01:00", "context": {"traits": {"email": "a@b.example"}, "ip": "192.0.2.1"},
    "properties": {"product_id": "P1", "price": 19.9, "quantity": 2, "products": [{"sku": "S", "price": "5.00"}]}, "traits": {"email": "a@b.example"},
    "integrations": {"All": False}, "previousId": "v0", "groupId": 7,
}  # fmt: skip
_POSTHOG: dict[str, Any] = {
    "event": "$set", "distinct_id": "u1", "properties": {"$set": {"email": "a@b.example"}, "$current_url": "https://a.example/?utm_source=x"},
    "timestamp": "2026-03-01T11:59:00Z", "uuid": "0190", "$set": {"email": "a@b.example"},
}  # fmt: skip
_REVIEW = {"id": "r1", "email": "a@b.example", "rating": 5, "date": "2026-01-02T00:00:00Z", "sku": "CUP", "text": "Good"}
_ROW = {
    "order_number": "1",
    "email": "a@b.example",
    "ordered_at": "2026-01-02T00:00:00Z",
    "total": "12.50",
    "currency": "EUR",
    "updated_at": 1767312000,
}
_LINE = {"order_number": "1", "email": "a@b.example", "ordered_at": "2026-01-02", "product_code": "P", "quantity": 2, "unit_price": "3.10"}
_SPEND = {"date": "2026-01-02", "campaign": "Spring", "cost": "12.50", "clicks": 7, "impressions": 1000, "currency": "EUR"}
_TICKET = {"id": "t1", "email": "a@b.example", "created_at": "2026-01-02T00:00:00Z", "subject": "Where", "status": "open"}

RIGHT: dict[str, Any] = {
    "/v1/batch": {"batch": [_CALL, {**_CALL, "type": "identify"}, {**_CALL, "type": "alias"}], "context": {"locale": "de"}, "sentAt": "2026-03-01T12:00:00Z"},
    "/v1/track": _CALL,
    "/v1/i": _CALL,
    "/batch/": {"api_key": KEY, "batch": [_POSTHOG, {**_POSTHOG, "event": "$create_alias", "properties": {"alias": "v1"}}], "sent_at": "2026-03-01T12:00:00Z"},
    "/v1/import/reviews": [_REVIEW, _REVIEW],
    "/v1/import/orders": [_ROW],
    "/v1/import/lines": [_LINE],
    "/v1/import/spend": _SPEND,
    "/v1/import/tickets": [_TICKET],
    "/v1/import/events": [_CALL],
    "/webhooks/shopify": ORDER,
    "/webhooks/woocommerce": {"id": 5, "status": "completed", "currency": "EUR", "total": "10.00", "date_created_gmt": "2026-01-02T00:00:00",
                              "billing": {"email": "a@b.example"}, "line_items": [{"id": 1, "sku": "S", "quantity": 1, "total": "10.00"}]},
}  # fmt: skip
"""A body for each address."""
COLLECTED = [path for path in RIGHT if path.startswith(("/v1/batch", "/v1/track", "/v1/i", "/batch")) and "import" not in path]


def _nested(levels: int) -> Any:
    value: Any = 1
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


_ODD: list[Any] = [
    None, True, False, 0, -1, 1.5, -0.0, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 2**64, 10**30, 1e308, -1e308, 5e-324, float("nan"), float("inf"),
    "", " ", "\x00", "a\x00b", "\n", '"', "\\", "'", "\ud800", "x\udfff", "\ufeff", "\u202e", "𝒳" * 50, "x" * 200, "x" * 33_000, "é" * 9_000,
    "0000-01-01", "0000-00-00", "10000-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-02-30", "2015-2-02T00:30:08.276Z",
    "1e999", "NaN", "-", "1,234.56", "12.345.678,90", "99999999999999999999.99", "a@b", "@", "A@B.EXAMPLE", "+49 341 5550199", "true", "null", KEY,
    [], {}, [[]], [{}], {"": ""}, {"a": None}, {"$set": 1}, [1] * 50, {str(n): n for n in range(50)}, _nested(33), _nested(61), _nested(200), [None], ["a", 1, {}],
    {"email": ["a"]}, {"traits": {"traits": {}}}, {"id": "x", "value": 1}, -2_000_000_000_000, 1_700_000_000_000, 1_700_000_000,
]  # fmt: skip
_TOKENS = [
    b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u", b"\\ud83d", b"\\udc00", b"\\u0000", b"null", b"NaN", b"Infinity", b"-", b"1e", b"1e999", b"9" * 5_000,
    b"\x00", b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\n", b"\r\n", b"//", b"0x1", b"[" * 2_000, b'{"a":' * 100, b'"batch":', b'"batch":[]', b'"":',
]  # fmt: skip


class _Draws:
    """Whole numbers below a limit, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._draw = np.random.default_rng(seed)
        self._drawn: Iterator[float] = iter(())

    def below(self, limit: int) -> int:
        drawn = next(self._drawn, None)
        if drawn is None:
            self._drawn = iter(self._draw.random(1 << 16).tolist())
            drawn = next(self._drawn)
        return int(drawn * limit)

    def one_of(self, values: Any) -> Any:
        return values[self.below(len(values))]


def spoilt(seed: int, paths: list[str], right: Mapping[str, Any] = RIGHT) -> Iterator[tuple[str, bytes]]:
    """Addresses and bodies without end: half of them spoilt in what they say, half in how it is written."""
    draws = _Draws(seed)
    written = {path: json.dumps(body).encode() for path, body in right.items()}
    while True:
        path = draws.one_of(paths)
        if draws.below(2):
            yield path, _misspelt(written[path], draws)
        else:
            body = deepcopy(right[path])
            for _ in range(1 + draws.below(3)):
                body = _misstated(body, draws)
            yield path, json.dumps(body).encode()


def _misstated(body: Any, draws: _Draws) -> Any:
    """A body with something in it replaced, named otherwise, put in or left out."""
    place, odd, act = body, deepcopy(draws.one_of(_ODD)), draws.below(8)
    while True:
        inner = [value for value in (place.values() if isinstance(place, dict) else place) if value and isinstance(value, (dict, list))]
        if not inner or not draws.below(3):
            break
        place = draws.one_of(inner)
    if isinstance(place, dict):
        name = draws.one_of(list(place)) if place else "a"
        if act == 0:
            place.pop(name, None)
        elif act == 1:
            place[str(odd)[:40]] = place.pop(name, 1)
        elif act == 2:
            place[str(odd)[:40]] = odd
        else:
            place[name] = odd
    elif act == 0 or not place:
        place.append(odd)
    elif act == 1:
        place.pop()
    else:
        place[draws.below(len(place))] = odd
    return body if draws.below(200) else [odd]


def _misspelt(text: bytes, draws: _Draws) -> bytes:
    """Text with a piece of it replaced, cut out or said twice."""
    for _ in range(1 + draws.below(3)):
        at, end = sorted((draws.below(len(text) + 1), draws.below(len(text) + 1)))
        end = end if not draws.below(4) else min(at + draws.below(4), len(text))
        act = draws.below(4)
        put = (draws.one_of(_TOKENS), bytes([draws.below(256)]), text[at:end] * 2, b"")[act]
        text = text[:at] + put + text[end:]
    return text
