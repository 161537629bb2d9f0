"""The collection of events: Segment's protocol, as its clients and RudderStack's speak it, and PostHog's batches.

A request is answered with 200 once all of its calls that can be used are on disk. What cannot be used is named in the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.api import collection_documents as documents
from patron.api.asgi import Answer, AnswerError, header, refused, told
from patron.api.bodies import GoneError, body_of, untold
from patron.api.collection_bodies import Request, Taken, envelope_of, from_posthog, request_of, taken_of
from patron.api.collection_pixel import PICTURE, call_of_query
from patron.api.cross_origin import headers_for, preflight
from patron.api.pace import Pace
from patron.api.write_keys import key_of_body, key_of_header, key_of_query, query_of
from patron.kernel.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from patron.api.asgi import Receive, Scope, Send
    from patron.api.bodies import Tell
    from patron.ports.clock import Clock
    from patron.ports.inbox import Inbox

_TYPES = ("identify", "track", "page", "screen", "group", "alias")
_SINGLE: Mapping[str, str] = {f"/v1/{name}": kind for kind in _TYPES for name in (kind, kind[0])}
_BATCH = frozenset({"/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch"})
_POSTHOG = frozenset({"/batch", "/batch/"})
_PIXEL = "/v1/pixel/"
_SETTINGS = ("/v1/projects/", "/settings")
_SCRIPT = ("/analytics.js/v1/", "/analytics.min.js")
_SOURCE = frozenset({"/sourceConfig", "/sourceConfig/"})
_TAKEN = told(200, {"success": True})
_RETRY_SECONDS = 1


class Collection:
    """Takes calls and keeps them in an inbox."""

    def __init__(  # noqa: PLR0913  # what it works with
        self,
        inbox: Inbox,
        may_write: Callable[[str], bool],
        clock: Clock,
        *,
        pace: Pace | None = None,
        script: bytes | None = None,
        tell: Tell = untold,
    ) -> None:
        """Take calls for an inbox.

        Args:
            inbox: keeps them.
            may_write: whether a key may collect.
            clock: says when they came.
            pace: how fast a key may send; as fast as it can if there is none.
            script: the file that the classic snippet of Segment loads, if the shop has one.
            tell: is told of calls that are refused, as no client shows them to people.
        """
        self._inbox, self._may_write, self._clock, self._script, self._tell = inbox, may_write, clock, script, tell
        self._pace = pace or Pace(0, clock)

    def serves(self, path: str) -> bool:
        """Whether a path is one of the collection's."""
        return (
            path in _SINGLE
            or path in _BATCH
            or path in _POSTHOG
            or path in _SOURCE
            or path.startswith((_PIXEL, *(begin for begin, _ in (_SETTINGS, _SCRIPT))))
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            answer = await self._answer(scope, receive)
        except AnswerError as error:
            answer = error.answer
        except TransientError as error:
            answer = refused(503, "not_kept", str(error), retry_after=_RETRY_SECONDS).answer
        except GoneError:
            return
        await answer.send(send, headers_for(scope))

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        path, method = scope["path"], scope["method"]
        if method == "OPTIONS":
            return preflight(scope)
        if path in _SINGLE or path in _BATCH or path in _POSTHOG:
            if method != "POST":
                raise refused(405, "post_only", "Calls are sent by POST.")
            return await self._post(scope, receive)
        if method not in {"GET", "HEAD"}:
            raise refused(405, "get_only", "This is asked for by GET.")
        if path.startswith(_PIXEL):
            return await self._pixel(scope)
        return self._document(scope)

    async def _post(self, scope: Scope, receive: Receive) -> Answer:
        key = key_of_header(scope)
        if key is not None:
            self._let_in(key)
        taken = self._read(await body_of(scope, receive), scope, key)
        await self._inbox.append(taken.bodies)
        if taken.rejected:
            self._tell(self._clock.now(), scope["path"], [(index, why.code, why.message) for index, why in taken.rejected])
        return _answered(taken)

    def _read(self, body: bytes, scope: Scope, key: str | None) -> Taken:
        """What a body holds. Nothing of it is held any more but the entries, so that what waits for the disk is small."""
        path = scope["path"]
        request = request_of(body, is_batch=path not in _SINGLE)
        if key is None:
            key = self._let_in(key_of_body(request.around, request.items) or key_of_query(scope))
        self._pace.count(key, len(request.items) - 1)
        if path in _POSTHOG:
            request = Request(request.around, from_posthog(request), is_batch=True)
        return self._taken(request, scope, type_of_path=_SINGLE.get(path, ""))

    def _taken(self, request: Request, scope: Scope, *, type_of_path: str) -> Taken:
        envelope = envelope_of(
            request,
            received_at=self._clock.now(),
            is_retry=header(scope, b"x-retry-count") is not None,
            ip=_address(scope) if header(scope, b"origin") is not None else "",
        )
        return taken_of(request, envelope, type_of_path=type_of_path)

    async def _pixel(self, scope: Scope) -> Answer:
        """The picture, whatever happens."""
        query = query_of(scope)
        call = call_of_query(query)
        kind = scope["path"].removeprefix(_PIXEL)
        if call is not None and kind in _TYPES:
            try:
                self._let_in(key_of_body(call, ()) or query.get("writeKey"))
                await self._inbox.append(self._taken(Request(call, [call], is_batch=False), scope, type_of_path=kind).bodies)
            except (AnswerError, TransientError):
                return PICTURE
        return PICTURE

    def _document(self, scope: Scope) -> Answer:
        path = scope["path"]
        if path in _SOURCE:
            return documents.rudder_settings(scope, self._checked(key_of_header(scope) or key_of_query(scope)))
        begin, end = _SETTINGS if path.startswith(_SETTINGS[0]) else _SCRIPT
        if not path.endswith(end) or "/" in path[len(begin) : -len(end)]:
            raise refused(404, "not_found", "There is nothing at this address.")
        key = self._checked(path[len(begin) : -len(end)])
        if end == _SETTINGS[1]:
            return documents.segment_settings(scope, key)
        if self._script is None:
            raise refused(404, "no_script", "The file is not set up here: name it in patron.toml under [serve], or load it from npm.")
        return Answer(200, self._script, ((b"content-type", b"text/javascript; charset=utf-8"), (b"cache-control", b"max-age=300")))

    def _let_in(self, key: str | None) -> str:
        """The key of a request that brings calls."""
        known = self._checked(key)
        self._pace.take(known)
        return known

    def _checked(self, key: str | None) -> str:
        if key is None:
            raise refused(401, "no_key", "Send a write key: as user name of Basic authorization, or as `writeKey` in the body.")
        if not self._may_write(key):
            raise refused(401, "unknown_key", "This write key is not known, or was revoked.")
        return key


def _answered(taken: Taken) -> Answer:
    if not taken.rejected:
        return _TAKEN
    if not taken.is_batch:
        raise refused(400, taken.rejected[0][1].code, taken.rejected[0][1].message)
    named = [{"index": index, "code": why.code, "message": why.message} for index, why in taken.rejected]
    if not taken.bodies:
        return told(400, {"success": False, "code": "all_rejected", "message": "None of the calls can be used.", "rejected": named})
    return told(200, {"success": True, "rejected": named})


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""
