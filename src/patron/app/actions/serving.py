"""Serving a project: one process that takes events, and a thread that makes facts and answers of them."""

from __future__ import annotations

import signal
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, cast

from patron import plugins
from patron.app.state import STATE
from patron.kernel.errors import InputError, PatronError, TransientError
from patron.kernel.problems import Problem
from patron.runtime.keys import KeyRing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping
    from pathlib import Path

    from patron.app.project import Project
    from patron.ports.inbox import Inbox
    from patron.ports.state import State

    App = Callable[[Any, Any, Any], Awaitable[None]]  # in the form of ASGI

INBOX = "data/inbox"
LOOPBACK = "127.0.0.1"
_MEGABYTE = 1 << 20
_GRACE_SECONDS = 10
_BACKLOG = 2_048
_NO_KEY = (
    'No shop can send yet: there is no write key. Make one with `patron key create --scope write --name "web shop"`; this server sees it.'
)


class Ticker(Protocol):
    """Makes facts and answers of what is in the inbox."""

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop."""
        ...

    def status(self) -> Mapping[str, object]:
        """How far it is, for people and programs."""
        ...


@dataclass(frozen=True, slots=True)
class Ticks:
    """How a project's ticker is made.

    Attributes:
        applied: the position of the inbox up to which everything has become facts.
        make: the ticker of an open project and its inbox.
    """

    applied: Callable[[Project], int]
    make: Callable[[Project, Inbox], Ticker]


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen: 127.0.0.1 is this machine only, port 0 any that is free."""

    host: str = LOOPBACK
    port: int = 0


@dataclass(slots=True)
class Serving:
    """A project that is being served.

    Attributes:
        project: held open.
        inbox: keeps what is received.
        keys: who may send and ask.
        script: the file that the classic snippet of Segment loads.
        ticker: works on the inbox; None where another process does.
        failure: what ended the ticker, if something did.
    """

    project: Project
    inbox: Inbox
    keys: KeyRing
    script: bytes | None = None
    ticker: Ticker | None = None
    failure: str = ""
    stop: threading.Event = field(default_factory=threading.Event)

    def may_write(self, secret: str) -> bool:
        """Whether a secret may collect."""
        return self.keys.may_write(secret)

    def status(self) -> tuple[bool, Mapping[str, object]]:
        """Whether all runs, and what there is to say."""
        tick = {"tick": dict(self.ticker.status())} if self.ticker is not None else {}
        failed = {"failure": self.failure} if self.failure else {}
        return not self.failure, {"inbox": {"last": self.inbox.last}, **tick, **failed}


@contextmanager
def served(project: Project, ticks: Ticks | None = None) -> Iterator[Serving]:
    """The project's inbox and keys, open as long as the block runs, with the ticker at work in a thread if one is given."""
    settings = project.config.serve
    make_inbox, make_state = plugins.load("inbox", "segments"), plugins.load("state", "sqlite")
    applied = 0 if ticks is None else ticks.applied(project)
    inbox = cast("Inbox", make_inbox(project.folder / INBOX, limit_bytes=settings.inbox_megabytes * _MEGABYTE, applied=applied))
    try:
        state = cast("State", make_state(project.folder / STATE))
        try:
            serving = Serving(project, inbox, KeyRing(state, project.clock), _script(project.folder, settings.analytics_script))
            with _ticking(serving, ticks):
                yield serving
        finally:
            state.close()
    finally:
        inbox.close()


def serve(
    project: Project,
    application: Callable[[Serving], App],
    address: Address,
    tell: Callable[[str], object],
    ticks: Ticks | None = None,
) -> None:
    """Answer requests until the process is told to stop; what has been begun is finished first.

    Args:
        project: an open project; it is held as long as this runs.
        application: makes the ASGI application.
        address: where to listen.
        tell: is told lines for the person who started it.
        ticks: makes the ticker.

    Raises:
        InputError: the address is none of this machine's.
        TransientError: the port is taken, or the ticks have failed.
    """
    with served(project, ticks) as serving, _listening(address) as listener:
        name, bound = listener.getsockname()[:2]
        shown = f"[{name}]" if ":" in name else name
        tell(f"Patron listens on http://{shown}:{bound}. Stop with Ctrl-C.\n")
        if address.host != LOOPBACK:
            tell("It can be reached from other machines: put a proxy with TLS before it.\n")
        if not serving.keys.can_collect:
            tell(_NO_KEY + "\n")
        _run(application(serving), listener)
        if serving.failure:
            raise TransientError(serving.failure)


@contextmanager
def _ticking(serving: Serving, ticks: Ticks | None) -> Iterator[None]:
    if ticks is None:
        yield
        return
    serving.ticker = ticks.make(serving.project, serving.inbox)
    thread = threading.Thread(target=_tick, args=(serving, serving.ticker), name="ticks")
    thread.start()
    try:
        yield
    finally:
        serving.stop.set()
        thread.join()


def _tick(serving: Serving, ticker: Ticker) -> None:
    """Let the ticker work; when it ends by itself the server goes on collecting, and says that it is not well."""
    try:
        ticker.run(serving.stop)
    except PatronError as error:
        serving.failure = str(error)
    finally:
        if not serving.stop.is_set() and not serving.failure:
            serving.failure = "The ticks have ended."


@contextmanager
def _listening(address: Address) -> Iterator[socket.socket]:
    host, port = address.host, address.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except socket.gaierror as error:
        raise InputError("The host cannot be used.", [Problem("--host", host, "an address of this machine, such as 127.0.0.1")]) from error
    except OSError as error:
        raise TransientError(f"Port {port} of {host} cannot be used: {error.strerror}. Choose another, or 0 for any.") from error
    with listener:
        yield listener


def _run(app: App, listener: socket.socket) -> None:
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


def _script(folder: Path, name: str) -> bytes | None:
    if not name:
        return None
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        problem = Problem("serve.analytics_script", name, "a file, by its path from the project's folder")
        raise InputError("The script for browsers cannot be read.", [problem]) from error
