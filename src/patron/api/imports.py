"""Records of any table by POST: reviews, requests to support, ad spend, sales of a shop floor, social interactions.

A body is a JSON object, a list of them, or one a line. They are read by the source of the table's name, by the rules for its files; what it
cannot use is kept with all reasons, as with files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from patron.api.asgi import Answer, refused, told
from patron.api.bodies import answered, body_of, untold
from patron.api.pace import Pace
from patron.api.webhooks import DEEPEST, depth_of, entry, kept
from patron.api.write_keys import key_of_bearer, key_of_header, key_of_query

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from patron.api.asgi import Receive, Scope, Send
    from patron.api.bodies import Tell
    from patron.ports.clock import Clock
    from patron.ports.inbox import Inbox

PATH = "/v1/import/"
TABLES = ("events", "lines", "orders", "reviews", "spend", "tickets")
"""Tables that can be sent, each the name of a source."""
ADMINISTERED = ("erasures",)
"""Those that only an admin key can send: everybody can read a write key in the page of a shop."""
LARGEST_IMPORT = 4 << 20
MOST_RECORDS = 10_000
_TIMES = ("timestamp", "originalTimestamp", "sentAt", "receivedAt")


class Imports:
    """Takes records and keeps them in an inbox."""

    def __init__(  # noqa: PLR0913  # what it works with
        self,
        inbox: Inbox,
        may_write: Callable[[str], bool],
        may_administer: Callable[[str], bool],
        clock: Clock,
        *,
        pace: Pace | None = None,
        tell: Tell = untold,
    ) -> None:
        """Take records for an inbox.

        Args:
            inbox: keeps them.
            may_write: whether a key may write.
            may_administer: whether a key may also send what changes that which is known.
            clock: says when they came.
            pace: how fast a key may send; as fast as it can if there is none.
            tell: is told of records that are refused.
        """
        self._inbox, self._clock, self._tell = inbox, clock, tell
        self._may_write, self._may_administer, self._pace = may_write, may_administer, pace or Pace(0, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await answered(self._answer(scope, receive), send)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        table = scope["path"].removeprefix(PATH).rstrip("/")
        if table not in {*TABLES, *ADMINISTERED}:
            raise refused(404, "not_found", f"There is no table of this name; there are {', '.join((*TABLES, *ADMINISTERED))}.")
        if scope["method"] != "POST":
            raise refused(405, "not_allowed", "Records are sent by POST.")
        key = key_of_bearer(scope) or key_of_header(scope) or key_of_query(scope)
        needed, may_send = ("admin", self._may_administer) if table in ADMINISTERED else ("write", self._may_write)
        if key is None or not may_send(key):
            raise refused(401, "unknown_key", f"The {needed} key is missing or not known.")
        self._pace.take(key)
        items = _items(await body_of(scope, receive, most=LARGEST_IMPORT))
        self._pace.count(key, len(items) - 1)
        now = self._clock.now()
        good: list[bytes] = []
        rejected: list[dict[str, Any]] = []
        for place, item in enumerate(items):
            problem = _problem(table, item)
            if problem:
                rejected.append({"index": place, "code": "unusable", "message": problem})
            else:
                good.append(entry(table, _dated(item, now) if table == "events" else item, now))
        if rejected:
            self._tell(now, scope["path"], [(one["index"], one["code"], one["message"]) for one in rejected])
        if not good:
            body = {"success": False, "code": "nothing_usable", "message": "None of the records can be used.", "rejected": rejected}
            return told(400, body)
        await kept(self._inbox, good)
        return told(200, {"success": True, "taken": len(good), "rejected": rejected})


def _items(body: bytes) -> list[Any]:
    """The records of a body.

    Raises:
        AnswerError: it is no JSON, or holds no record or too many.
    """
    try:
        items = _decoded(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise refused(400, "invalid_json", "The body is neither a JSON object, nor a list of them, nor one a line.") from None
    if not items:
        raise refused(400, "empty", "The body holds no records.")
    if len(items) > MOST_RECORDS:
        raise refused(413, "too_many", f"A request holds no more than {MOST_RECORDS:,} records.")
    return items


def _decoded(body: bytes) -> list[Any]:
    text = body.strip()
    try:
        whole = msgspec.json.decode(text)
    except msgspec.DecodeError:
        if b"\n" not in text:
            raise
        return [msgspec.json.decode(line) for line in text.splitlines() if line.strip()]
    return whole if isinstance(whole, list) else [whole]


def _problem(table: str, item: object) -> str | None:
    """Why a record cannot even be kept."""
    if not isinstance(item, dict) or not item:
        return "A record is a JSON object."
    if depth_of(item) > DEEPEST:
        return f"A record is nested no deeper than {DEEPEST} levels."
    if table == "events" and not ("type" in item or "properties" in item):
        return "An event is a call in Segment's form: type, event, properties, and userId or anonymousId."
    return None


def _dated(item: dict[str, Any], now: datetime) -> dict[str, Any]:
    """An event with the time of its receipt where it has none, and with properties, by which it is recognised."""
    dated = item if any(item.get(name) for name in _TIMES) else {**item, "receivedAt": now}
    return dated if dated.get("properties") else {**dated, "properties": {}}
