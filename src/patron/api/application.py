"""All that the server answers, put together: the collection first, as every event passes there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.api import imports, reading, webhooks
from patron.api.asgi import refused
from patron.api.collection import Collection
from patron.api.health import PATH, Health
from patron.api.metrics import Requests
from patron.api.pace import Pace
from patron.api.reading import ReadApi
from patron.app.config import webhook_secrets

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from patron.api.asgi import App, Message, Receive, Scope, Send
    from patron.app.actions.serving import Serving

_NOT_FOUND = 404


class Application:
    """Hands each request to what answers its path."""

    def __init__(self, collection: Collection, health: Health, others: Mapping[str, App], requests: Requests | None = None) -> None:
        """Answer with these.

        Args:
            collection: takes calls.
            health: says how the server is.
            others: further applications by how their paths begin; the longest that fits is asked.
            requests: where answers are counted.
        """
        self._collection, self._health = collection, health
        self._requests = Requests() if requests is None else requests
        self._others = sorted(others.items(), key=lambda other: len(other[0]), reverse=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; connections of other kinds are not taken."""
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])  # the server then does without

        def counted(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                self._requests[_counted_as(scope, message["status"]), message["status"]] += 1
            return send(message)

        await self._app(scope["path"])(scope, receive, counted)

    def _app(self, path: str) -> App:
        if self._collection.serves(path):
            return self._collection
        if path == PATH:
            return self._health
        return next((app for begin, app in self._others if path.startswith(begin)), _nothing)


def application(serving: Serving, others: Mapping[str, App] | None = None) -> Application:
    """The application of a project that is being served."""
    inbox, clock = serving.inbox, serving.project.clock
    pace = Pace(serving.project.config.serve.calls_per_second, clock)
    tell = serving.rejections.tell
    collection = Collection(inbox, serving.may_write, clock, pace=pace, script=serving.script, tell=tell)
    requests = Requests()
    read_api = ReadApi(serving, requests)
    taken: dict[str, App] = {
        imports.PATH: imports.Imports(inbox, serving.may_write, serving.may_administer, clock, pace=pace, tell=tell),
        webhooks.PATH: webhooks.Webhooks(inbox, webhook_secrets(serving.project.config), clock),
        reading.PATH: read_api,
        reading.METRICS: read_api,
    }
    return Application(collection, Health(serving.status), {**taken, **(others or {})}, requests)


def _counted_as(scope: Scope, status: int) -> str:
    """A path without what differs from caller to caller, so that there are few; keys may stand in one, but not so far ahead."""
    found: str = scope.get("route") or ("other" if status == _NOT_FOUND else "/".join(scope["path"].split("/")[:3]))
    return found


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    del scope, receive
    await refused(404, "not_found", "There is nothing at this address.").answer.send(send, [])
