"""A real server on the loopback address, for clients that speak HTTP."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from api.calling import KEY
from patron.api.application import Application
from patron.api.asgi import refused
from patron.api.collection import Collection
from patron.api.cross_origin import headers_for
from patron.api.health import Health
from patron.app.connections import Limits
from patron.app.server import Server
from patron.runtime.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patron.api.asgi import App, Receive, Scope, Send
    from patron.ports.inbox import Inbox


@dataclass
class Stumbling:
    """Answers so many requests to send with these statuses first; then it is what it stands before."""

    app: App
    first: list[int] = field(default_factory=list)
    seen: list[tuple[str, int]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = self.first.pop(0) if self.first and scope["method"] == "POST" else 0
        self.seen.append((scope["path"], status))
        if status:
            while (await receive()).get("more_body"):
                pass
            await refused(status, "later", "Come again.", retry_after=0).answer.send(send, headers_for(scope))
        else:
            await self.app(scope, receive, send)


def application(inbox: Inbox) -> Application:
    """What a project serves, with one write key."""
    return Application(Collection(inbox, lambda key: key == KEY, SystemClock()), Health(lambda: (True, {})), {})


@contextmanager
def listening(app: App, limits: Limits = Limits()) -> Iterator[str]:  # noqa: B008  # frozen
    """The address of a server that answers with an application."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(app, limits)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.end()
            thread.join()
