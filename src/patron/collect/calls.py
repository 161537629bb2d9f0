"""Calls as clients send them, put right before they are kept: type, ids as text, message id, time, traits and context.

A call that cannot be used is refused alone, with a code and a sentence; what it says beyond these is the source's affair.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from patron.collect.call_times import clock_offset, happened, instant, instant_as_written, shown

Call = dict[str, Any]

TYPES = frozenset({"identify", "track", "page", "screen", "group", "alias"})
MESSAGE_ID_CHARACTERS = 100
_LARGEST_NUMBER = 10**30
_OBJECTS = ("properties", "context", "traits", "integrations")
_IDS = ("userId", "anonymousId", "previousId", "groupId")
_TIMES = ("timestamp", "originalTimestamp", "sentAt")
_set = msgspec.structs.force_setattr
_in_order = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call was not taken."""

    code: str
    message: str


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """What is known of calls that came together.

    Attributes:
        received_at: when they came.
        sent: when they were sent by the client's clock, in its words.
        is_retry: whether the client says that it tries again.
        context: stands under each call's own.
        integrations: the same.
        ip: where a browser called from; empty for servers, whose address is nobody's.
        received: `received_at` as it stands in a record.
        offset: how far the client's clock is behind, if it is.
        is_plain: whether it moves no time of a call and adds nothing to its parts, but perhaps the address.
    """

    received_at: datetime
    sent: object = None
    is_retry: bool = False
    context: Mapping[str, object] | None = None
    integrations: Mapping[str, object] | None = None
    ip: str = ""
    received: str = ""
    offset: timedelta | None = None
    is_plain: bool = True

    def __post_init__(self) -> None:
        """Work out once what is the same for all of them."""
        offset = clock_offset(instant(self.sent), self.received_at, is_retry=self.is_retry) if self.sent else None
        _set(self, "received", shown(self.received_at))
        _set(self, "offset", offset)
        _set(self, "is_plain", offset is None and not self.context and not self.integrations)


def accepted(given: object, envelope: Envelope, *, type_of_path: str = "") -> Call | Refusal:
    """A call as it is kept, or why it is refused.

    Args:
        given: the item as it was read from JSON; it is changed.
        envelope: what is known of it besides.
        type_of_path: what the address says that it is; it counts more than what the item says.
    """
    if not isinstance(given, dict):
        return Refusal("not_an_object", "A call is a JSON object.")
    kind = type_of_path or given.get("type")
    if not isinstance(kind, str) or (kind := kind.lower()) not in TYPES:
        return Refusal("unknown_type", f"The type is one of {', '.join(sorted(TYPES))}.")
    given["type"] = kind
    refused = _misshapen(given) or _nobody(given, kind) or _named(given, envelope) or _timed(given, envelope)
    if refused is not None:
        return refused
    _completed(given, envelope, kind)
    return given


def with_ip(context: Mapping[str, object], ip: str) -> dict[str, object]:
    """A context with the address that the call came from, unless it says one itself."""
    return {"ip": ip, **{name: value for name, value in context.items() if name != "ip" or value}}


def _misshapen(given: Call) -> Refusal | None:
    """Refuses nested parts that are no objects, and ids that are no text or number; ids become text."""
    ask = given.get
    if not _is_object(ask("properties"), ask("context")) or not _is_object(ask("traits"), ask("integrations")):
        wrong = next(name for name in _OBJECTS if not _is_object(given.get(name), None))
        return Refusal("invalid_part", f"`{wrong}` is a JSON object.")
    for name in _IDS:
        value = ask(name)
        if value is None or (value.__class__ is str and value and not value.isspace()):
            continue
        text = _text(value)
        if text is None:
            return Refusal("invalid_id", f"`{name}` is text or a whole number.")
        given[name] = text or None
    return None


def _is_object(one: object, other: object) -> bool:
    return (one is None or one.__class__ is dict) and (other is None or other.__class__ is dict)


def _text(value: object) -> str | None:
    """An id as text: a number without a fraction, blank text as nothing; None for what is no id."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return str(int(value)) if value == int(value) and abs(value) < _LARGEST_NUMBER else None


def _nobody(given: Call, kind: str) -> Refusal | None:
    if kind == "alias":
        if given.get("userId") is None or given.get("previousId") is None:
            return Refusal("missing_id", "An alias has a `userId` and a `previousId`.")
    elif given.get("userId") is None and given.get("anonymousId") is None:
        return Refusal("missing_id", "A call has a `userId` or an `anonymousId`.")
    if kind == "track":
        event = given.get("event")
        if not isinstance(event, str) or not event or event.isspace():
            return Refusal("missing_event", "A track call has the name of an `event`.")
    return None


def _named(given: Call, envelope: Envelope) -> Refusal | None:
    """Sees to a message id: by it what is sent again is known."""
    found = given.get("messageId")
    if isinstance(found, str) and 0 < len(found) <= MESSAGE_ID_CHARACTERS:
        return None
    text = "" if found is None else _text(found)
    if text is None:
        return Refusal("invalid_id", "`messageId` is text.")
    given["messageId"] = text if 0 < len(text) <= MESSAGE_ID_CHARACTERS else _hashed(given, text, envelope)
    return None


def _hashed(given: Call, long: str, envelope: Envelope) -> str:
    """A message id made of a long one, else of the content, and of the day where that says no time."""
    content: object = long
    if not long:
        told = {k: v for k, v in given.items() if v is not None and k not in {"messageId", "sentAt", "writeKey"}}
        has_time = given.get("timestamp") is not None or given.get("originalTimestamp") is not None
        content = [told, "" if has_time else envelope.received[:10]]
    try:
        return "hash-" + hashlib.sha256(_in_order.encode(content)).hexdigest()[:40]
    except (OverflowError, UnicodeEncodeError):
        return ""  # it cannot be written either, and is refused for that


def _timed(given: Call, envelope: Envelope) -> Refusal | None:
    """Sees to the time of a call."""
    original, own, offset = None, "", envelope.offset
    for name in _TIMES:
        text = given.get(name)
        if text is None:
            continue
        read = instant_as_written(text)
        if read is None:
            read = instant(text)
            if read is None:
                return Refusal("invalid_time", f"`{name}` is a time in ISO 8601, not before 1970.")
            given[name] = shown(read)
        if name != "sentAt":
            original, own = (read, name) if original is None else (original, own)
        elif envelope.sent is None:
            offset = clock_offset(read, envelope.received_at, is_retry=envelope.is_retry)
    if original is None:
        given["timestamp"] = envelope.received
        return None
    moved = happened(original, offset, envelope.received_at)
    if moved is not original:
        given["originalTimestamp"], given["timestamp"] = given[own], shown(moved)
    elif own != "timestamp":
        given["timestamp"] = given[own]
    return None


def _completed(given: Call, envelope: Envelope, kind: str) -> None:
    """Adds what calls of one request share, and what a reader relies on."""
    given["receivedAt"] = envelope.received
    if "writeKey" in given:
        del given["writeKey"]
    if envelope.context:
        given["context"] = {**envelope.context, **(given.get("context") or {})}
    if envelope.integrations:
        given["integrations"] = {**envelope.integrations, **(given.get("integrations") or {})}
    if envelope.ip:
        given["context"] = with_ip(given.get("context") or {}, envelope.ip)
    if given.get("properties") is None:
        given["properties"] = {}
    if kind == "identify":
        under = (given.get("context") or {}).get("traits")
        if isinstance(under, dict):
            given["traits"] = {**under, **(given.get("traits") or {})}
