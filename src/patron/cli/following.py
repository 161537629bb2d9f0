"""Following what a project's server tells, line by line, until Ctrl-C."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from patron.app.config import project_folder
from patron.app.remote import running
from patron.kernel.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from patron.app.remote import Remote

Row = dict[str, Any]

_PAUSE_SECONDS = 0.5
_PAGE = 500
_NONE = "No server runs for this project. Start one with `patron serve`."


def the_server() -> Remote:
    """The server of the project that the command is about.

    Raises:
        TransientError: none runs.
    """
    found = running(project_folder(click.get_current_context().find_root().obj))
    if found is None:
        raise TransientError(_NONE)
    return found


class Followed:
    """One list of a server that grows, read from where it was read to."""

    def __init__(self, remote: Remote, path: str, *, after: str = "latest", **parameters: str) -> None:
        """Follow a list of the read API from a cursor on."""
        self._remote, self._path, self._parameters = remote, path, parameters
        self.cursor = after

    def rows(self) -> Iterator[Row]:
        """What has come since the last time."""
        while True:
            told = self._remote.get(self._path, after=self.cursor, limit=_PAGE, **self._parameters)
            self.cursor = told["next"]
            rows = told[self._path]
            yield from rows
            if len(rows) < _PAGE:
                return


def follow(lists: Mapping[str, Followed], line: Callable[[str, Row], str], *, as_json: bool, once: bool = False) -> None:
    """Print what comes, a line each, until Ctrl-C.

    Args:
        lists: what is followed, by the kind of its rows.
        line: a row of a kind for people.
        as_json: print a JSON object a line, with its `kind`.
        once: end when all that is there was printed.
    """
    with suppress(KeyboardInterrupt):
        while True:
            for kind, followed in lists.items():
                for row in followed.rows():
                    click.echo(json.dumps({"kind": kind, **row}, ensure_ascii=False) if as_json else line(kind, row))
            if once:
                return
            time.sleep(_PAUSE_SECONDS)


def clock_of(instant: str) -> str:
    """The time of day of an instant in JSON, for the begin of a line: 10:56:39."""
    return instant[11:19]
