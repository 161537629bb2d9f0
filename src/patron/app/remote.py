"""Asking a project's server, for commands: the facts are held by it while it runs."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from patron.app.local import LocalServer, found_server
from patron.kernel.errors import InputError, NotFoundError, PermanentError, TransientError
from patron.kernel.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SECONDS = 30
_CHECK_SECONDS = 5
_GONE = "The server does not answer any more."


@dataclass(frozen=True, slots=True)
class Remote:
    """A server that runs."""

    server: LocalServer

    def get(self, path: str, **parameters: str | int) -> Any:  # noqa: ANN401
        """What the read API answers at a path below `/api/v1`.

        Raises:
            InputError: what the server says is wrong.
            TransientError: it is busy, or does not answer any more.
            PermanentError: its answer is none of Patron's.
        """
        query = f"?{urlencode(parameters)}" if parameters else ""
        try:
            status, told = _asked(self.server, f"/api/v1/{path}{query}", _SECONDS)
        except OSError as error:
            raise TransientError(_GONE) from error
        if status == http.client.OK:
            return told
        raise _error(status, told)


def running(folder: Path) -> Remote | None:
    """The server of the project in a folder, if one runs; a file that a killed one left behind is no server."""
    server = found_server(folder)
    if server is None:
        return None
    try:
        status, _ = _asked(server, "/api/v1/status", _CHECK_SECONDS)
    except (OSError, PermanentError):
        return None
    return None if status in {http.client.UNAUTHORIZED, http.client.NOT_FOUND} else Remote(server)


def part_of_path(text: str) -> str:
    """A text as one part of a path."""
    return quote(text, safe="")


def _asked(server: LocalServer, path: str, seconds: float) -> tuple[int, Any]:
    place = urlsplit(server.url)
    try:
        with closing(http.client.HTTPConnection(place.hostname or "", place.port, timeout=seconds)) as connection:
            connection.request("GET", path, headers={"authorization": f"Bearer {server.secret}"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
    except (http.client.HTTPException, ValueError) as error:
        raise PermanentError("What answers at the server's address is not Patron.") from error


def _error(status: int, told: Mapping[str, Any]) -> InputError | TransientError:
    message = str(told.get("error", ""))
    if status == http.client.SERVICE_UNAVAILABLE:
        return TransientError(message)
    problems = [Problem(p["where"], p["found"], p["expected"], p["hint"]) for p in told.get("problems", ())]
    return (NotFoundError if status == http.client.NOT_FOUND else InputError)(message, problems)
