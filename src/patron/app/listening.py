"""Listening at an address, and answering there until the process is told to stop."""

from __future__ import annotations

import gc
import os
import signal
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from patron.kernel.errors import InputError, TransientError
from patron.kernel.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    App = Callable[[Any, Any, Any], Awaitable[None]]  # in the form of ASGI

LOOPBACK = "127.0.0.1"
_GRACE_SECONDS = 10
_BACKLOG = 2_048
_GARBAGE = 50_000


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen: 127.0.0.1 is this machine only, port 0 any that is free."""

    host: str = LOOPBACK
    port: int = 0


@contextmanager
def listening(address: Address) -> Iterator[socket.socket]:
    """A socket that listens, closed when the block ends.

    Raises:
        InputError: the address is none of this machine's.
        TransientError: the port is taken.
    """
    host, port = address.host, address.port
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    except socket.gaierror as error:
        raise InputError("The host cannot be used.", [Problem("--host", host, "an address of this machine, such as 127.0.0.1")]) from error
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise TransientError(f"Port {port} of {host} cannot be used: {reason}. Choose another, or 0 for any.") from error
    with listener:
        yield listener


def answer(app: App, listener: socket.socket) -> None:
    """Answer until SIGINT or SIGTERM; then end by returning, so that everything is closed in order."""
    import uvicorn  # noqa: PLC0415  # `patron key` and tests of actions do without

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            if threading.current_thread() is not threading.main_thread():
                yield
                return
            before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
            try:
                yield
            finally:
                for number, former in before.items():
                    signal.signal(number, former)

    with _few_collections():
        Server(
            uvicorn.Config(
                app,
                lifespan="off",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                backlog=_BACKLOG,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        ).run(sockets=[listener])


@contextmanager
def _few_collections() -> Iterator[None]:
    """Look for circles of garbage seldom: requests make none, and looking through what waits for the disk cost more than the requests."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_GARBAGE, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
