"""Serving a project: one process that takes events, and a thread that makes facts and answers of them."""

from __future__ import annotations

import hmac
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, cast

from patron import plugins
from patron.app.actions.standing import Standings
from patron.app.listening import LOOPBACK, Address, let_open, listening
from patron.app.local import LocalServer, announced, new_secret, url_of
from patron.app.reading import Reading
from patron.app.rejections import Rejections
from patron.app.sharing import shared
from patron.app.state import STATE
from patron.kernel.errors import InputError, PatronError, PermanentError
from patron.kernel.problems import Problem
from patron.runtime.keys import KeyRing, digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from patron.app.listening import App
    from patron.app.project import Project
    from patron.ports.inbox import Inbox
    from patron.ports.state import Scope, State
    from patron.runtime.latest import Latest
    from patron.runtime.pipeline import Definitions


INBOX = "data/inbox"
_MEGABYTE = 1 << 20
_READERS = 2
_NO_KEY = (
    'No shop can send yet: there is no write key. Make one with `patron key create --scope write --name "web shop"`; this server sees it.'
)


class Ticker(Protocol):
    """Makes facts and answers of what is in the inbox."""

    @property
    def latest(self) -> Latest:
        """The answers about whom it has looked at last."""
        ...

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
        make: the ticker of an open project and its inbox, and whom it tells when other definitions have taken effect.
    """

    applied: Callable[[Project], int]
    make: Callable[[Project, Inbox, Callable[[Definitions], None]], Ticker]


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
        quick: answers what sites ask with every page.
        thorough: answers what takes longer.
        standings: of customers.
        rejections: what was turned away as it came.
        secret: by which commands of this user are known.
        since: when it began.
    """

    project: Project
    inbox: Inbox
    keys: KeyRing
    quick: Reading
    thorough: Reading
    since: datetime
    script: bytes | None = None
    ticker: Ticker | None = None
    failure: str = ""
    stop: threading.Event = field(default_factory=threading.Event)
    standings: Standings = field(default_factory=Standings)
    rejections: Rejections = field(default_factory=Rejections)
    secret: str = field(default_factory=new_secret)

    def may_write(self, secret: str) -> bool:
        """Whether a secret may collect."""
        return self.keys.may_write(secret)

    def scope_of(self, secret: str) -> Scope | None:
        """What a secret allows; None when it is not known. Commands of this user on this machine may do all."""
        if hmac.compare_digest(digest_of(secret), digest_of(self.secret)):
            return "admin"
        key = self.keys.key(secret)
        return key.scope if key else None

    def may_administer(self, secret: str) -> bool:
        """Whether a secret may change what is known."""
        return self.keys.may_administer(secret)

    @property
    def is_working(self) -> bool:
        """Whether answers that are not there will be."""
        return self.ticker is not None and not self.failure

    def define(self, definitions: Definitions) -> None:
        """From now on questions are about these definitions."""
        self.quick.define(definitions)
        self.thorough.define(definitions)

    def status(self) -> tuple[bool, Mapping[str, object]]:
        """Whether all runs, and what there is to say."""
        tick = {"tick": dict(self.ticker.status())} if self.ticker is not None else {}
        failed = {"failure": self.failure} if self.failure else {}
        return not self.failure, {"inbox": {"last": self.inbox.last}, **tick, **failed}


@contextmanager
def served(project: Project, ticks: Ticks | None = None) -> Iterator[Serving]:
    """The project's inbox and keys, open as long as the block runs, with the ticker at work in a thread if one is given."""
    applied = 0 if ticks is None else ticks.applied(project)
    if not project.config.engine.memory_limit:
        project.store.save_memory()
    with ExitStack() as closing:
        inbox = closing.enter_context(opened_inbox(project, applied=applied))
        state = cast("State", plugins.load("state", "sqlite")(project.folder / STATE))
        closing.callback(state.close)
        quick, thorough = (Reading(project, threads=_READERS, name=name) for name in ("quick", "thorough"))
        closing.callback(quick.close)
        closing.callback(thorough.close)
        clock, script = project.clock, _script(project.folder, project.config.serve.analytics_script)
        serving = Serving(project, inbox, KeyRing(state, clock), quick, thorough, clock.now(), script)
        closing.enter_context(_ticking(serving, ticks))
        yield serving


@contextmanager
def opened_inbox(project: Project, *, applied: int) -> Iterator[Inbox]:
    """The inbox of an open project, which becomes facts up to a position, as long as the block runs."""
    limit = project.config.serve.inbox_megabytes * _MEGABYTE
    inbox = cast("Inbox", plugins.load("inbox", "segments")(project.folder / INBOX, limit_bytes=limit, applied=applied))
    try:
        yield inbox
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
        InputError: the address is none of this machine's, or it does not allow so many connections.
        TransientError: the port is taken.
        PermanentError: the ticks have failed.
    """
    from patron.app.connections import Limits  # noqa: PLC0415  # the other verbs, and tests of actions, do without uvicorn
    from patron.app.server import answer  # noqa: PLC0415

    limits = Limits(connections=project.config.serve.connections)
    let_open(limits.connections)
    with served(project, ticks) as serving, listening(address) as listener, ExitStack() as closing:
        name, bound = listener.getsockname()[:2]
        shown = f"[{name}]" if ":" in name else name
        problem = closing.enter_context(reachable(serving, url_of(name, bound)))
        tell(f"Patron listens on http://{shown}:{bound}. Stop with Ctrl-C.\n")
        if problem:
            tell(f"Other commands have to wait until it has stopped, as this folder can hold no socket: {problem}.\n")
        if address.host != LOOPBACK:
            tell("It can be reached from other machines: put a proxy with TLS before it.\n")
        if not serving.keys.can_collect:
            tell(_NO_KEY + "\n")
        answer(application(serving), listener, limits)
        if serving.failure:
            raise PermanentError(serving.failure)


@contextmanager
def reachable(serving: Serving, url: str) -> Iterator[str]:
    """Commands of this user find the server as long as the block runs, and use its store; yields why they cannot, if that is so."""
    folder = serving.project.folder
    with ExitStack() as closing:
        problem = ""
        try:
            closing.enter_context(shared(serving.project.store, folder, serving.secret))
        except OSError as error:
            problem = error.strerror or str(error)
        closing.enter_context(announced(folder, LocalServer(url, serving.secret)))
        yield problem


@contextmanager
def _ticking(serving: Serving, ticks: Ticks | None) -> Iterator[None]:
    if ticks is None:
        yield
        return
    serving.ticker = ticks.make(serving.project, serving.inbox, serving.define)
    serving.standings.latest = serving.ticker.latest
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


def _script(folder: Path, name: str) -> bytes | None:
    if not name:
        return None
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        problem = Problem("serve.analytics_script", name, "a file, by its path from the project's folder")
        raise InputError("The script for browsers cannot be read.", [problem]) from error
