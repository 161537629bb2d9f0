"""From the bytes of a request to calls that can be kept, and those that are refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from patron.api.asgi import refused
from patron.collect.calls import Call, Envelope, Refusal, accepted
from patron.collect.posthog import as_call

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

LARGEST_CALL = 32 * 1024
MOST_CALLS = 2_500
DEEPEST = 32

# Pages cut texts between the halves of a character, and say `\ud83d` alone; a backslash that is itself escaped begins nothing.
_SURROGATES = re.compile(rb"\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})")

_json = msgspec.json.Decoder()
_encode = msgspec.json.Encoder().encode
_UNREADABLE = (ValueError, RecursionError)  # also what cannot be decoded, and a number of too many digits
_UNWRITABLE = (ValueError, OverflowError, RecursionError)


class _Parts(msgspec.Struct):
    """A batch whose items are read one at a time, because one of them cannot be."""

    batch: list[msgspec.Raw]


@dataclass(frozen=True, slots=True)
class Request:
    """A body that was read: what stands around the calls, and the calls."""

    around: dict[str, Any]
    items: Sequence[object]
    is_batch: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """What a request comes to: entries for the inbox, and by index the calls that are refused."""

    bodies: Sequence[bytes]
    rejected: Sequence[tuple[int, Refusal]]
    is_batch: bool


def request_of(body: bytes, *, is_batch: bool) -> Request:
    """What a body says.

    Raises:
        AnswerError: it is no JSON of the right shape.
    """
    try:
        read = _json.decode(body)
    except _UNREADABLE:
        read = _mended(body, is_batch=is_batch)
    if not isinstance(read, dict):
        raise refused(400, "invalid_body", "The body is a JSON object.")
    if not is_batch:
        return Request(read, [read], is_batch=False)
    items = read.get("batch")
    if not isinstance(items, list):
        raise refused(400, "invalid_body", "The body has a list of calls named `batch`.")
    if len(items) > MOST_CALLS:
        raise refused(413, "too_many", f"A batch holds no more than {MOST_CALLS:,} calls.")
    return Request(read, items, is_batch=True)


def envelope_of(request: Request, *, received_at: datetime, is_retry: bool, ip: str) -> Envelope:
    """What the calls of a request share."""
    around = request.around
    sent = around.get("sentAt") or around.get("sent_at")
    if not request.is_batch:
        return Envelope(received_at, sent, is_retry, ip=ip)
    context, integrations = around.get("context"), around.get("integrations")
    return Envelope(
        received_at,
        sent,
        is_retry,
        context if isinstance(context, dict) else None,
        integrations if isinstance(integrations, dict) else None,
        ip,
    )


def taken_of(request: Request, envelope: Envelope, *, type_of_path: str = "") -> Taken:
    """The entries for the inbox, and what is refused."""
    head = b'{"source":"events","received_at":"%s","record":' % envelope.received.encode()
    bodies: list[bytes] = []
    rejected: list[tuple[int, Refusal]] = []
    for index, item in enumerate(request.items):
        call = item if isinstance(item, Refusal) else accepted(item, envelope, type_of_path=type_of_path)
        written = call if isinstance(call, Refusal) else _written(call)
        if isinstance(written, Refusal):
            rejected.append((index, written))
        else:
            bodies.append(b"".join((head, written, b"}")))
    return Taken(bodies, rejected, request.is_batch)


def from_posthog(request: Request) -> Sequence[object]:
    """The items of PostHog's batch as calls."""
    return [as_call(item) for item in request.items]


def _written(call: Call) -> bytes | Refusal:
    try:
        written = _encode(call)
    except _UNWRITABLE:
        return Refusal("invalid_value", "The call holds a number or a text that cannot be kept.")
    if len(written) > LARGEST_CALL:
        return Refusal("too_large", f"A call holds no more than {LARGEST_CALL:,} bytes.")
    if written.count(b"{") > DEEPEST - written.count(b"[") and _depth(call) > DEEPEST:
        return Refusal("too_deep", f"A call is nested no deeper than {DEEPEST} levels.")
    return written


def _depth(value: object) -> int:
    """How deep lists and objects stand in each other; looks no further than is allowed."""
    level, depth = [value], 0
    while level and depth <= DEEPEST:
        level = [inner for outer in level for inner in _inner(outer)]
        depth += 1
    return depth


def _inner(value: object) -> list[object]:
    nested = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [part for part in nested if isinstance(part, (dict, list))]


def _mended(body: bytes, *, is_batch: bool) -> object:
    """A body that cannot be read as it is: with halves of characters replaced, and items that cannot be read refused alone."""
    whole = _SURROGATES.sub(_whole_character, body)
    try:
        return _json.decode(whole)
    except _UNREADABLE:
        read = _piecewise(whole) if is_batch else None
        if read is None:
            raise refused(400, "invalid_json", "The body is not JSON that can be read.") from None
        return read


def _whole_character(found: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if found["half"] else found[0]


def _piecewise(body: bytes) -> dict[str, Any] | None:
    """A batch of which some items can be read and others cannot; None when it is no batch at all."""
    try:
        parts = msgspec.json.decode(body, type=_Parts).batch
        around = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        read = {name: _json.decode(value) for name, value in around.items() if name != "batch"}
    except _UNREADABLE:
        return None
    return {**read, "batch": [_item(part) for part in parts]}


def _item(part: msgspec.Raw) -> object:
    try:
        return _json.decode(part)
    except _UNREADABLE:
        return Refusal("invalid_json", "The call holds something that cannot be read as JSON.")
