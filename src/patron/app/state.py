"""A project's state, which commands may use while a server holds the facts."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from patron import plugins
from patron.app.config import project_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patron.ports.state import State

STATE = "data/state.sqlite"


@contextmanager
def opened_state(given: str | None) -> Iterator[State]:
    """The state of the project in a folder, open as long as the block runs.

    Raises:
        InputError: there is no project.
        TransientError: the state cannot be read or written now.
    """
    state = cast("State", plugins.load("state", "sqlite")(project_folder(given) / STATE))
    try:
        yield state
    finally:
        state.close()
