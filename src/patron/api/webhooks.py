"""Deliveries of shop systems: checked by their signature, kept in the inbox as they are, and answered at once.

What a delivery means is the source's affair (`shopify`, `woocommerce`): here is decided only what must be before it is acknowledged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from patron.api.asgi import Answer, header, refused, told
from patron.api.bodies import answered, body_of
from patron.collect.signatures import is_signed
from patron.kernel.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from patron.api.asgi import Receive, Scope, Send
    from patron.ports.clock import Clock
    from patron.ports.inbox import Inbox

PATH = "/webhooks/"
LARGEST_DELIVERY = 4 << 20
DEEPEST = 60
"""Levels of nesting that a record may have."""
_LONGEST_WORD = 200
_RETRY_SECONDS = 1
_PING = re.compile(rb"\s*webhook_id=\d{1,20}\s*")
_TAKEN = told(200, {"success": True})


@dataclass(frozen=True, slots=True)
class System:
    """How a shop system delivers: the names of its headers, in lower case, the first that is there counts.

    Attributes:
        signature: of the body.
        topic: what the delivery is about.
        shop: which shop it comes from.
        delivery: its number, the same when it is sent again.
        triggered_at: when what it tells of happened.
        pings: whether it sends an unsigned word of its own to try an address.
    """

    signature: tuple[bytes, ...]
    topic: tuple[bytes, ...]
    shop: tuple[bytes, ...]
    delivery: tuple[bytes, ...]
    triggered_at: tuple[bytes, ...] = ()
    pings: bool = False


SYSTEMS: Mapping[str, System] = {
    "shopify": System(
        signature=(b"x-shopify-hmac-sha256", b"shopify-hmac-sha256"),
        topic=(b"x-shopify-topic", b"shopify-topic"),
        shop=(b"x-shopify-shop-domain", b"shopify-shop-domain"),
        delivery=(b"x-shopify-webhook-id", b"shopify-webhook-id"),
        triggered_at=(b"x-shopify-triggered-at", b"shopify-triggered-at"),
    ),
    "woocommerce": System(
        signature=(b"x-wc-webhook-signature",),
        topic=(b"x-wc-webhook-topic",),
        shop=(b"x-wc-webhook-source",),
        delivery=(b"x-wc-webhook-delivery-id",),
        pings=True,
    ),
}
"""Shop systems by name, which is also that of their source and the end of their path."""


class Webhooks:
    """Takes deliveries and keeps them in an inbox."""

    def __init__(self, inbox: Inbox, secrets: Mapping[str, Sequence[str]], clock: Clock) -> None:
        """Take deliveries for an inbox.

        Args:
            inbox: keeps them.
            secrets: of each shop system, the ones that it may sign with.
            clock: says when they came.
        """
        self._inbox, self._secrets, self._clock = inbox, secrets, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await answered(self._answer(scope, receive), send)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        name = scope["path"].removeprefix(PATH).rstrip("/")
        system = SYSTEMS.get(name)
        if system is None:
            raise refused(404, "not_found", "There is no shop system of this name.")
        if scope["method"] != "POST":
            raise refused(405, "not_allowed", "Deliveries are sent by POST.")
        body = await body_of(scope, receive, most=LARGEST_DELIVERY)
        if system.pings and _PING.fullmatch(body):
            return _TAKEN
        signed = _said(scope, system.signature)
        if not is_signed(body, signed or "", self._secrets.get(name, ())):
            raise refused(401, "unsigned", "The signature is missing, or it is not made with the secret of this shop.")
        record = _record(scope, system, body, self._clock.now())
        await kept(self._inbox, [entry(name, record, self._clock.now(), kind=str(record["topic"]).lower())])
        return _TAKEN


def entry(source: str, record: object, received_at: datetime, *, kind: str = "") -> bytes:
    """One record for the inbox."""
    around = {"source": source, "received_at": received_at, **({"kind": kind} if kind else {})}
    return msgspec.json.encode({**around, "record": record})


async def kept(inbox: Inbox, entries: Sequence[bytes]) -> None:
    """Put records into the inbox.

    Raises:
        AnswerError: it cannot keep them now.
    """
    try:
        await inbox.append(entries)
    except TransientError as error:
        raise refused(503, "busy", str(error), retry_after=_RETRY_SECONDS) from error


def object_of(text: bytes) -> msgspec.Raw:
    """A JSON object as it was written, numbers of any length included, without the blanks between.

    Raises:
        AnswerError: it is none.
    """
    try:
        value = msgspec.json.decode(text)
        plain = msgspec.json.format(text, indent=-1)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise refused(400, "invalid_json", "The body is not JSON.") from None
    if not isinstance(value, dict):
        raise refused(400, "invalid_json", "The body is not a JSON object.")
    if depth_of(value) > DEEPEST:
        raise refused(400, "too_deep", f"A record is nested no deeper than {DEEPEST} levels.")
    return msgspec.Raw(plain)


def depth_of(value: object) -> int:
    """How deep a value is nested; no further than it matters."""
    level, depth = [value], 0
    while level and depth <= DEEPEST:
        depth += 1
        level = [inner for one in level if isinstance(one, (dict, list)) for inner in (one.values() if isinstance(one, dict) else one)]
    return depth


def _record(scope: Scope, system: System, body: bytes, now: datetime) -> dict[str, object]:
    topic = _said(scope, system.topic)
    if not topic:
        raise refused(400, "no_topic", "The delivery does not name its topic.")
    around = {
        "topic": topic,
        "shop": _said(scope, system.shop),
        "webhook_id": _said(scope, system.delivery),
        "triggered_at": _said(scope, system.triggered_at),
    }
    return {**{k: v for k, v in around.items() if v}, "received_at": now, "payload": object_of(body)}


def _said(scope: Scope, names: Sequence[bytes]) -> str | None:
    """The value of the first of some headers that is there."""
    for name in names:
        value = header(scope, name)
        if value is not None:
            return value.decode("latin-1").strip()[:_LONGEST_WORD] or None
    return None
