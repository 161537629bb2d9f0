"""How a verb gets its project: from --project, the environment, or the current folder; open while the verb runs."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, TypeVar

import click

from patron.app.project import opened
from patron.runtime.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable

R = TypeVar("R")


def in_project(verb: Callable[..., R]) -> Callable[..., R]:
    """Hands the open project to a verb as its first argument, whether a server runs or not."""
    return _with_project(verb, alone=False)


def alone_in_project(verb: Callable[..., R]) -> Callable[..., R]:
    """Hands the open project to a verb as its first argument; no server of the project may run."""
    return _with_project(verb, alone=True)


def _with_project(verb: Callable[..., R], *, alone: bool) -> Callable[..., R]:
    @wraps(verb)
    def with_project(*args: object, **options: object) -> R:
        given = click.get_current_context().find_root().obj
        with opened(given, SystemClock(), alone=alone) as project:
            return verb(project, *args, **options)

    return with_project
