"""All that the server answers, put together: the collection first, as every event passes there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.api import imports, webhooks
from patron.api.asgi import refused
from patron.api.collection import Collection
from patron.api.health import PATH, Health
from patron.api.pace import Pace
from patron.app.config import webhook_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patron.api.asgi import App, Receive, Scope, Send
    from patron.app.actions.serving import Serving


class Application:
    """Hands each request to what answers its path."""

    def __init__(self, collection: Collection, health: Health, others: Mapping[str, App]) -> None:
        """Answer with these.

        Args:
            collection: takes calls.
            health: says how the server is.
            others: further applications by how their paths begin; the longest that fits is asked.
        """
        self._collection, self._health = collection, health
        self._others = sorted(others.items(), key=lambda other: len(other[0]), reverse=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; connections of other kinds are not taken."""
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])  # the server then does without
        await self._app(scope["path"])(scope, receive, send)

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
    collection = Collection(inbox, serving.may_write, clock, pace=pace, script=serving.script)
    taken: dict[str, App] = {
        imports.PATH: imports.Imports(inbox, serving.may_write, clock, pace=pace),
        webhooks.PATH: webhooks.Webhooks(inbox, webhook_secrets(serving.project.config), clock),
    }
    return Application(collection, Health(serving.status), {**taken, **(others or {})})


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    del scope, receive
    await refused(404, "not_found", "There is nothing at this address.").answer.send(send, [])
