"""Listening at an address."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from patron.kernel.errors import InputError, TransientError
from patron.kernel.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    App = Callable[[Any, Any, Any], Awaitable[None]]  # in the form of ASGI

LOOPBACK = "127.0.0.1"
BACKLOG = 2_048
_OWN_FILES = 256


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
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise TransientError(f"Port {port} of {host} cannot be used: {reason}. Choose another, or 0 for any.") from error
    with listener:
        yield listener


def let_open(connections: int) -> None:
    """Let this process have so many connections open at once, beside files of its own.

    Raises:
        InputError: the machine does not allow it.
    """
    try:
        import resource  # noqa: PLC0415  # Unix only; elsewhere there is no such limit
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections + _OWN_FILES
    if soft >= needed or soft == resource.RLIM_INFINITY:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        expected = f"no more than {hard - _OWN_FILES}: this machine lets a process open {hard} files (`ulimit -Hn`)"
        raise InputError("So many connections cannot be open at once.", [Problem("serve.connections", str(connections), expected)])
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
