"""The ticks of a project that is being served."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron import plugins
from patron.app.actions.serving import Ticks as Ticking
from patron.app.definitions import DefinitionFiles
from patron.runtime.live import Live
from patron.runtime.reached import reached
from patron.runtime.ticking import Ticks

if TYPE_CHECKING:
    from collections.abc import Callable

    from patron.app.project import Project
    from patron.ports.inbox import Inbox
    from patron.runtime.pipeline import Definitions

BESIDE_FROM = 2.0
"""Seconds that a full refresh may hold up ticks; one that takes longer is made beside them."""


def applied(project: Project) -> int:
    """The last entry of the inbox that has become facts."""
    return reached(project.store)[0]


def live(project: Project, inbox: Inbox, tell: Callable[[Definitions], None]) -> Live:
    """The live path of an open project.

    Args:
        project: the project.
        inbox: its inbox.
        tell: is told of definitions that have changed, once all answers come from them.
    """
    files = DefinitionFiles(project.folder, project.config.features)
    few = plugins.load("engine", "arrays")()
    ticks = Ticks(project.store, project.definitions, project.facts, inbox, few, beside_from=BESIDE_FROM)
    return Live(ticks, project.clock, files.changed, tell)


TICKS = Ticking(applied, live)
"""How a project's ticks are made."""
