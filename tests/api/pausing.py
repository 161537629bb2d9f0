"""A server whose full refreshes wait until a test lets them go on."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from patron.app.actions.init import init
from patron.app.actions.serving import Ticks, served
from patron.app.actions.ticking import TICKS
from patron.app.project import Project, opened
from patron.cli.main import run
from patron.runtime.clock import SystemClock
from patron.runtime.live import Live
from patron.testing.sample_shop import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from patron.app.actions.serving import Serving
    from patron.ports.inbox import Inbox
    from patron.runtime.pipeline import Definitions


@dataclass
class Pause:
    """Refreshes wait at their third step.

    Attributes:
        beside_only: whether only those beside ticks do; then every refresh but the first is made beside them.
    """

    beside_only: bool = False
    is_there: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    def ticks(self, project: Project, inbox: Inbox, tell: Callable[[Definitions], None]) -> Live:
        made = TICKS.make(project, inbox, tell)
        assert isinstance(made, Live)
        if self.beside_only:
            made.ticks.beside_from = 0.0
        usual = made.ticks.progress

        def progress(done: int, total: int, what: str) -> None:
            usual(done, total, what)
            if done == 2 and (not self.beside_only or threading.current_thread().name == "refresh beside ticks"):
                self.is_there.set()
                self.go_on.wait()

        made.ticks.progress = progress
        return made


def tea_house(folder: Path) -> None:
    """Make the project of the sample shop, with its orders."""
    init(folder, name="The Tea House", currency="EUR", time_zone="Europe/Berlin", country="DE")
    assert run(["--project", str(folder), "load", "lines", str(FOLDER / "order_lines.csv")]) == 0


@contextmanager
def paused(folder: Path, pause: Pause) -> Iterator[Serving]:
    """The project of a folder, served; in the end nothing waits any more."""
    with opened(str(folder), SystemClock()) as project, served(project, Ticks(TICKS.applied, pause.ticks)) as serving:
        try:
            yield serving
        finally:
            pause.go_on.set()
