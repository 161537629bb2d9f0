"""Calls in the form in which nearly all clients write them: read straight into fields, and kept as they stand once little is looked at.

What is written in any other way is no usual call, and is read as `calls.accepted` takes it. Both ways lead to the same record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from patron.collect.call_times import clock_offset, instant_as_written
from patron.collect.calls import MESSAGE_ID_CHARACTERS, with_ip

if TYPE_CHECKING:
    from datetime import datetime

    from patron.collect.calls import Call, Envelope

_Kind = Literal["identify", "track", "page", "screen"]
_Text = Annotated[str, msgspec.Meta(min_length=1)] | UnsetType
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MESSAGE_ID_CHARACTERS)]
_Id = Annotated[str, msgspec.Meta(min_length=1)] | None | UnsetType
_Plain = str | int | float | bool | None
_Inmost = dict[str, _Plain] | list[_Plain] | _Plain
_Inner = dict[str, _Inmost] | list[_Inmost] | _Plain
_Object = dict[str, dict[str, _Inner] | list[_Inner] | _Plain] | None | UnsetType  # no deeper, so that nobody has to measure it
_Anything = _Plain | UnsetType
_LOOKED_AT = frozenset({"page", "screen"})


class UsualCall(msgspec.Struct, gc=False, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A call with the fields that clients send, in the order in which they mostly do; one with any other is none of these."""

    type: _Kind | UnsetType = UNSET
    event: _Text = UNSET
    user_id: _Id = UNSET
    anonymous_id: _Id = UNSET
    message_id: _Name
    timestamp: _Text = UNSET
    context: _Object = UNSET
    properties: _Object = UNSET
    integrations: _Object = UNSET
    traits: _Object = UNSET
    sent_at: _Text = UNSET
    received_at: _Anything = UNSET
    write_key: _Anything = UNSET
    name: _Anything = UNSET
    category: _Anything = UNSET
    channel: _Anything = UNSET
    version: _Anything = UNSET
    rudder_id: _Anything = UNSET
    metadata: _Object = msgspec.field(default=UNSET, name="_metadata")


class UsualBatch(msgspec.Struct, gc=False, rename="camel", forbid_unknown_fields=True):
    """Usual calls that were sent together."""

    batch: list[UsualCall]
    sent_at: _Anything = UNSET
    write_key: _Anything = UNSET


def as_told(call: UsualCall) -> Call:
    """The same as it would have been read without knowing its fields."""
    read: Call = msgspec.to_builtins(call)
    return read


def completed(call: UsualCall, envelope: Envelope, type_of_path: str) -> bool:
    """Whether a call can be kept as it stands, and then it is put right as `calls.accepted` would; otherwise it has not been touched.

    Args:
        call: one that was read.
        envelope: what is known of it besides.
        type_of_path: what the address says that it is; empty if it says nothing.
    """
    user, anonymous, text, kind = call.user_id, call.anonymous_id, call.timestamp, type_of_path or call.type
    if not envelope.is_plain or not (user or anonymous) or (user and user.isspace()) or (anonymous and anonymous.isspace()):
        return False
    if kind == "track":
        if not call.event or call.event.isspace():
            return False
    elif kind not in _LOOKED_AT and (kind != "identify" or (call.context and "traits" in call.context)):
        return False
    if (text and not _stands(text, envelope.received_at)) or (call.sent_at and not _agrees(call.sent_at, envelope)):
        return False
    if type_of_path:
        call.type = type_of_path  # type: ignore[assignment]  # one of the kinds
    if not text:
        call.timestamp = envelope.received
    if not call.properties:
        call.properties = {}
    if envelope.ip:
        call.context = with_ip(call.context or {}, envelope.ip)  # type: ignore[assignment]  # what it holds is as plain as before
    call.received_at, call.write_key = envelope.received, UNSET
    return True


def _stands(text: str, received_at: datetime) -> bool:
    """Whether a time is written so that it can stay, and had come when the call came."""
    read = instant_as_written(text)
    return read is not None and read <= received_at


def _agrees(text: str, envelope: Envelope) -> bool:
    """Whether the time of sending can stay, and by it the client's clock is right."""
    sent = instant_as_written(text)
    if sent is None:
        return False
    return envelope.sent is not None or clock_offset(sent, envelope.received_at, is_retry=envelope.is_retry) is None
