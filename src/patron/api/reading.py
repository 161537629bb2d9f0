"""The read API: questions with a secret key, answered beside the event loop. Pages of other origins are not let in, as keys are secret."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from patron.api import metrics, openapi
from patron.api.asgi import Answer, AnswerError, told
from patron.api.bodies import answered
from patron.api.reading_routes import BEGIN, ROUTES
from patron.api.routes import split
from patron.api.write_keys import key_of_bearer, key_of_header, query_of
from patron.app.actions.status import not_yet, status
from patron.kernel.errors import InputError, NotFoundError, NotYetError, TransientError

if TYPE_CHECKING:
    from patron.api.asgi import Receive, Scope, Send
    from patron.api.routes import Route, Values
    from patron.app.actions.serving import Serving
    from patron.app.project import Project

PATH = f"{BEGIN}/"
METRICS = "/metrics"
_DOCUMENT = f"{BEGIN}/openapi.json"
_METHODS = (b"allow", b"GET, HEAD, OPTIONS")
_PRIVATE = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
_RETRY = (b"retry-after", b"1")
_NO_KEY = "Send a read key: `Authorization: Bearer KEY`. Make one with `patron key create --scope read --name NAME`."
_WRITE_KEY = "This is a write key, which may only send. Make one that may ask with `patron key create --scope read --name NAME`."


class ReadApi:
    """Answers what is asked below `/api/v1`, and `/metrics`."""

    def __init__(self, serving: Serving, requests: metrics.Requests) -> None:
        """Answer about a project that is being served.

        Args:
            serving: it.
            requests: counts of all that the server has answered.
        """
        self._serving, self._requests = serving, requests
        self._document = told(200, openapi.document(BEGIN, ROUTES), _PRIVATE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        del receive
        await answered(self._answer(scope), send)

    async def _answer(self, scope: Scope) -> Answer:
        path = scope["path"]
        if path != METRICS and not path.startswith(PATH):
            raise _nothing()
        if scope["method"] == "OPTIONS":
            return Answer(204, b"", (_METHODS,))
        if scope["method"] not in {"GET", "HEAD"}:
            raise AnswerError(told(405, _error("This is asked for by GET."), (_METHODS, *_PRIVATE)))
        if path == _DOCUMENT:
            return self._document
        self._check(scope)
        if path == METRICS:
            return await self._metrics()
        route, values = _asked(scope)
        return await self._told(scope, route, values)

    def _check(self, scope: Scope) -> None:
        secret = key_of_bearer(scope) or key_of_header(scope)
        allowed = self._serving.scope_of(secret) if secret else None
        if allowed is None:
            raise AnswerError(told(401, _error(_NO_KEY), ((b"www-authenticate", b'Bearer realm="patron"'), *_PRIVATE)))
        if allowed == "write":
            raise AnswerError(told(403, _error(_WRITE_KEY), _PRIVATE))

    async def _told(self, scope: Scope, route: Route, values: Values) -> Answer:
        try:
            values |= route.values(query_of(scope))
            reading = self._serving.quick if route.is_quick else self._serving.thorough
            body = await reading.answer(functools.partial(_body, route, self._serving, values))
        except NotFoundError as error:
            return told(404, error.as_json(), _PRIVATE)
        except InputError as error:
            return told(400, error.as_json(), _PRIVATE)
        except TransientError as error:
            return told(503, error.as_json(), (_RETRY, *_PRIVATE))
        return Answer(200, body, ((b"content-type", b"application/json"), *_PRIVATE))

    async def _metrics(self) -> Answer:
        found = await self._serving.quick.answer(functools.partial(status, self._serving))
        return Answer(200, metrics.text_of(found, self._requests).encode(), ((b"content-type", metrics.CONTENT_TYPE), *_PRIVATE))


def _asked(scope: Scope) -> tuple[Route, Values]:
    """The route of a request, which it is then counted under, and what stands in its places."""
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    parts = split(raw.removeprefix(BEGIN.encode()))
    for route in ROUTES:
        values = route.parts(parts)
        if values is not None:
            scope["route"] = BEGIN + route.path
            return route, values
    raise _nothing()


def _body(route: Route, serving: Serving, values: Values, project: Project) -> bytes:
    try:
        return msgspec.json.encode(route.work(serving, project, values).as_json())
    except NotYetError as error:
        if not serving.is_working:
            raise
        raise TransientError(not_yet(serving, project)) from error


def _nothing() -> AnswerError:
    return AnswerError(told(404, _error(f"There is nothing at this address. What can be asked is described at {_DOCUMENT}."), _PRIVATE))


def _error(message: str) -> dict[str, object]:
    return InputError(message).as_json()
