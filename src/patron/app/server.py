"""The HTTP server: uvicorn, with limits on connections, answering until the process is told to stop."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from patron.app.connections import Connection, Held, Limits
from patron.app.listening import BACKLOG

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Iterator
    from types import FrameType

    from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, HTTPScope

    from patron.app.listening import App

_GRACE_SECONDS = 10
_GARBAGE = 50_000
_TURN_SECONDS = 0.0005
_LOOK_SECONDS, _REST_SECONDS, _LOOKS = 0.1, 1.0, 10
_BY_PROXIES = frozenset({b"x-forwarded-for", b"x-forwarded-proto"})


def answer(app: App, listener: socket.socket, limits: Limits) -> None:
    """Answer within limits until SIGINT or SIGTERM."""
    with _few_collections(), _turns():
        Server(app, limits).run(sockets=[listener])


class Server(uvicorn.Server):
    """Answers with an application until it is told to stop."""

    def __init__(self, app: App, limits: Limits) -> None:
        """Answer with an application, within limits."""
        protocol = partial(Connection, limits, Held())
        config = uvicorn.Config(
            app,
            http=cast("type[Any]", protocol),
            interface="asgi3",
            proxy_headers=False,
            lifespan="off",
            ws="none",
            log_config=None,
            log_level="error",  # whoever speaks no HTTP does not fill the log
            access_log=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        config.app = _Forwarded(cast("Any", app), config.forwarded_allow_ips)
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending = asyncio.Event()

    def end(self) -> None:
        """Answer what has been asked, and no more. Any thread may say so."""
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ending.set)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End by a signal; at the second one at once."""
        super().handle_exit(sig, frame)
        self.end()

    async def main_loop(self) -> None:
        """Look around ten times a second while anybody is connected, else once a second, until it shall end."""
        self._loop, looks = asyncio.get_running_loop(), 0
        while not await self.on_tick(looks):
            is_at_rest = not self.server_state.connections
            looks = 0 if is_at_rest else (looks + 1) % _LOOKS
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), _REST_SECONDS if is_at_rest else _LOOK_SECONDS)

    async def on_tick(self, counter: int) -> bool:
        """Look who is late."""
        now = asyncio.get_running_loop().time()
        for connection in list(self.server_state.connections):
            cast("Connection", connection).end_if_late(now)
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM end it by returning, so that everything is closed in order."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, former in before.items():
                signal.signal(number, former)


class _Forwarded(ProxyHeadersMiddleware):
    """Believes a proxy on this machine who it is that asks, and leaves alone what no proxy has passed on."""

    def __call__(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> Awaitable[None]:  # type: ignore[override]
        if any(name in _BY_PROXIES for name, _ in scope["headers"]):
            return super().__call__(scope, receive, send)
        return self.app(scope, receive, send)


@contextmanager
def _turns() -> Iterator[None]:
    """Let threads take turns often: a site waits for its answer, which is short, while a tick is at work, which is not."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@contextmanager
def _few_collections() -> Iterator[None]:
    """Look for circles of garbage seldom: requests make none, and looking through what waits for the disk cost more than the requests."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
