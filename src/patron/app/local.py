"""How commands find the server of their project: a small file in it, with the address and a secret that only this user can read."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE = "data/server.json"
_SECRET_BYTES = 32
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # what a server that listens everywhere says of itself


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A server of this machine: its address, and the secret by which it knows commands of its own user."""

    url: str
    secret: str


def url_of(host: str, port: int) -> str:
    """The address of what listens at a host and port, as it is reached from this machine."""
    name = _ANYWHERE.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def new_secret() -> str:
    """A secret for as long as a server runs."""
    return "patron_local_" + secrets.token_urlsafe(_SECRET_BYTES)


@contextmanager
def announced(folder: Path, server: LocalServer) -> Iterator[None]:
    """The file, as long as the block runs; one that a killed server left is replaced."""
    file, part = folder / FILE, folder / f"{FILE}.part"
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as written:
        json.dump({"url": server.url, "secret": server.secret}, written)
    part.replace(file)
    try:
        yield
    finally:
        if found_server(folder) == server:
            file.unlink(missing_ok=True)


def found_server(folder: Path) -> LocalServer | None:
    """The server that the file tells of, which need not run any more; None without a file that can be read."""
    try:
        told = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return LocalServer(str(told["url"]), str(told["secret"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
