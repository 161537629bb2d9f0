"""From the bytes of a request to calls that can be kept, and those that are refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from patron.api.asgi import refused
from patron.collect.calls import Call, Envelope, Refusal, accepted
from patron.collect.posthog import as_call
from patron.collect.usual_calls import UsualBatch, UsualCall, as_told, completed

if TYPE_CHECKING:
    from datetime import datetime

LARGEST_CALL = 32 * 1024
MOST_CALLS = 2_500
DEEPEST = 32

# Pages cut texts between the halves of a character, and say `\ud83d` alone; a backslash that is itself escaped begins nothing.
_SURROGATES = re.compile(rb"\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})")

_PARTING = b"\n" * 16  # stands in no JSON that is written here; what is long is found in fewer steps

_json = msgspec.json.Decoder()
_usual_call, _usual_batch = msgspec.json.Decoder(UsualCall), msgspec.json.Decoder(UsualBatch)
_encoder = msgspec.json.Encoder()
_UNREADABLE = (ValueError, RecursionError)  # also what cannot be decoded, and a number of too many digits
_UNWRITABLE = (ValueError, OverflowError, RecursionError)


class _Parts(msgspec.Struct):
    """A batch whose items are read one at a time, because one of them cannot be."""

    batch: list[msgspec.Raw]


class Request(msgspec.Struct, frozen=True, gc=False):
    """A body that was read: what stands around the calls, and the calls, each a `UsualCall` or whatever else stands there."""

    around: dict[str, Any]
    items: Sequence[object]
    is_batch: bool


class Taken(msgspec.Struct, frozen=True, gc=False):
    """What a request comes to: entries for the inbox, and by index the calls that are refused."""

    bodies: Sequence[bytes]
    rejected: Sequence[tuple[int, Refusal]]
    is_batch: bool


def request_of(body: bytes, *, is_batch: bool) -> Request:
    """What a body says.

    Raises:
        AnswerError: it is no JSON of the right shape.
    """
    request = _usual(body, is_batch=is_batch) or _any(body, is_batch=is_batch)
    if len(request.items) > MOST_CALLS:
        raise refused(413, "too_many", f"A batch holds no more than {MOST_CALLS:,} calls.")
    return request


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
    calls: list[UsualCall | Call | Refusal] = []
    are_usual = True
    for item in request.items:
        if isinstance(item, UsualCall) and completed(item, envelope, type_of_path):
            calls.append(item)
        else:
            are_usual = False
            calls.append(item if isinstance(item, Refusal) else accepted(_told(item), envelope, type_of_path=type_of_path))
    together = _together(head, calls) if are_usual and calls else None
    if together is not None:
        return Taken(together, (), request.is_batch)
    bodies: list[bytes] = []
    rejected: list[tuple[int, Refusal]] = []
    for index, call in enumerate(calls):
        written = call if isinstance(call, Refusal) else _written(call)
        if isinstance(written, Refusal):
            rejected.append((index, written))
        else:
            bodies.append(b"".join((head, written, b"}")))
    return Taken(bodies, rejected, request.is_batch)


def from_posthog(request: Request) -> Sequence[object]:
    """The items of PostHog's batch as calls."""
    return [as_call(_told(item)) for item in request.items]


def _usual(body: bytes, *, is_batch: bool) -> Request | None:
    """A body of usual calls, which is the quick way to read one; None if it is any other."""
    try:
        if not is_batch:
            call = _usual_call.decode(body)
            return Request({"sentAt": call.sent_at, "writeKey": call.write_key}, [call], is_batch=False)
        batch = _usual_batch.decode(body)
    except _UNREADABLE:
        return None
    return Request({"sentAt": batch.sent_at, "writeKey": batch.write_key}, batch.batch, is_batch=True)


def _any(body: bytes, *, is_batch: bool) -> Request:
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
    return Request(read, items, is_batch=True)


def _told(item: object) -> object:
    """An item as it was told, whichever way it was read."""
    return as_told(item) if isinstance(item, UsualCall) else item


def _together(head: bytes, calls: Sequence[object]) -> Sequence[bytes] | None:
    """The entries of usual calls, written at once, as that is quicker; None if one of them cannot be kept."""
    try:
        lines = _encoder.encode_lines(calls)
    except _UNWRITABLE:
        return None
    entries = lines.replace(b"\n", b"}" + _PARTING + head).split(_PARTING)
    entries[0] = head + entries[0]
    del entries[-1]  # a head without a call behind it
    return entries if max(map(len, entries)) <= LARGEST_CALL + len(head) + 1 else None


def _written(call: UsualCall | Call) -> bytes | Refusal:
    try:
        written = _encoder.encode(call)
    except _UNWRITABLE:
        return Refusal("invalid_value", "The call holds a number or a text that cannot be kept.")
    if len(written) > LARGEST_CALL:
        return Refusal("too_large", f"A call holds no more than {LARGEST_CALL:,} bytes.")
    if written.count(b"{") > DEEPEST - written.count(b"[") and _depth(_told(call)) > DEEPEST:
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
