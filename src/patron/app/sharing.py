"""The process that serves a project lets other commands use its store: a socket in the project that only this user can open.

Commands work as they do without a server, each in its own process; only their statements are carried out here, in sessions of their own.
"""

from __future__ import annotations

import hmac
import json
import os
import selectors
import socket
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from patron import __version__, plugins
from patron.app.local import found_server
from patron.kernel.errors import TransientError
from patron.runtime.keys import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from patron.ports.engine import Guest, Host, Store

FILE = "data/server.sock"
GUESTS = 32
"""Commands that use the store at once; a further one is asked to come again."""
_ONLY_USER = 0o600
_BACKLOG = 64
_HELLO_SECONDS = 10.0
_PAUSE_SECONDS = 0.1
_LONGEST_HELLO = 1_024
_LONGEST_ADDRESS = 100
_BUSY = f"The server works for {GUESTS} commands already. Try again when one of them has ended."


def guest_of(folder: Path) -> Store | None:
    """The store of a project as the server that runs holds it; None when no server does.

    Raises:
        TransientError: it works for too many already, or is of another version.
    """
    server = found_server(folder)
    if server is None:
        return None
    guest = cast("Guest", plugins.load("guest", "duckdb"))
    try:
        return guest(partial(_called, folder, server.secret))
    except OSError:
        return None


@contextmanager
def shared(store: Store, folder: Path, secret: str) -> Iterator[None]:
    """A store that is open, lent to commands of this user as long as the block runs; what they have not finished then is undone.

    Args:
        store: the project's.
        folder: the project's.
        secret: that commands must tell.

    Raises:
        OSError: there can be no such socket here.
    """
    with ExitStack() as closing, socket.socket(socket.AF_UNIX) as listener:
        file = folder / FILE
        file.unlink(missing_ok=True)
        with _address(file) as address:
            listener.bind(address)
        closing.callback(file.unlink, missing_ok=True)
        file.chmod(_ONLY_USER)  # before anybody can be heard
        listener.listen(_BACKLOG)
        host = _Host(store, listener, secret)
        closing.callback(host.close)
        yield


class _Host:
    """Welcomes guests."""

    def __init__(self, store: Store, listener: socket.socket, secret: str) -> None:
        self._store, self._listener, self._digest = store, listener, digest_of(secret)
        self._attend: Host = plugins.load("host", store.name)
        self._changing = threading.Lock()
        self._bell, self._closing_bell = socket.socketpair()
        self._guests: dict[socket.socket, threading.Thread] = {}
        self._door = threading.Thread(target=self._open, name="guests")
        self._door.start()

    def close(self) -> None:
        """Welcome nobody any more, and see off who is here."""
        self._closing_bell.close()
        self._door.join()
        self._bell.close()
        with self._changing:
            guests = dict(self._guests)
        for peer, thread in guests.items():
            with suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)
            thread.join()

    def _open(self) -> None:
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._listener, selectors.EVENT_READ)
            waiting.register(self._bell, selectors.EVENT_READ)
            while all(key.fileobj is self._listener for key, _ in waiting.select()):
                try:
                    peer, _ = self._listener.accept()
                except OSError:  # it has gone already, or too many files are open
                    time.sleep(_PAUSE_SECONDS)
                    continue
                thread = threading.Thread(target=self._welcome, args=(peer,), name="guest's socket")
                with self._changing:
                    self._guests[peer] = thread
                thread.start()

    def _welcome(self, peer: socket.socket) -> None:
        try:
            with suppress(OSError):
                peer.settimeout(_HELLO_SECONDS)
                hello = _line(peer)
                if not hmac.compare_digest(digest_of(str(hello.get("secret", ""))), self._digest):
                    return
                refusal = _BUSY if len(self._guests) > GUESTS else _other_version(hello.get("version"))
                _tell(peer, {"error": refusal})
                if refusal is None:
                    self._attend(self._store, peer)
        finally:
            with self._changing:
                del self._guests[peer]
            peer.close()


def _called(folder: Path, secret: str) -> socket.socket:
    """A socket to the server of a project, which has agreed.

    Raises:
        OSError: there is none.
        TransientError: it does not agree.
    """
    peer = socket.socket(socket.AF_UNIX)
    try:
        with _address(folder / FILE) as address:
            peer.connect(address)
        peer.settimeout(_HELLO_SECONDS)
        _tell(peer, {"secret": secret, "version": __version__})
        answer = _line(peer)
        peer.settimeout(None)
    except OSError:
        peer.close()
        raise
    if answer["error"]:
        peer.close()
        raise TransientError(answer["error"])
    return peer


def _other_version(version: object) -> str | None:
    if version == __version__:
        return None
    return f"The server that runs is Patron {__version__}, and this command is Patron {version}. Stop the server and start it again."


def _tell(peer: socket.socket, told: dict[str, Any]) -> None:
    peer.sendall(json.dumps(told).encode() + b"\n")


def _line(peer: socket.socket) -> dict[str, Any]:
    """The line that the other side sends; it sends nothing behind it before it has an answer."""
    text = b""
    while not text.endswith(b"\n"):
        more = peer.recv(_LONGEST_HELLO - len(text))
        if not more:
            raise ConnectionError("This is no hello.")
        text += more
    try:
        told = json.loads(text)
    except ValueError as error:
        raise ConnectionError("This is no hello.") from error
    if not isinstance(told, dict):
        raise ConnectionError("This is no hello.")
    return told


@contextmanager
def _address(file: Path) -> Iterator[str]:
    """A name of a file that fits into the address of a socket, which holds some hundred bytes; on Linux there is one for each."""
    if len(os.fsencode(file)) <= _LONGEST_ADDRESS:
        yield str(file)
        return
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{folder}/{file.name}"
    finally:
        os.close(folder)
