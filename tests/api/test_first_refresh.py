"""A server that has just begun on a new project says how far its first answers are."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

from api.calling import Answered, asked
from patron.api.application import application
from patron.api.reading_routes import BEGIN
from patron.app.actions.init import init
from patron.app.actions.serving import Serving, Ticks, served
from patron.app.actions.ticking import TICKS
from patron.app.project import Project, opened
from patron.cli.main import run
from patron.runtime.clock import SystemClock
from patron.runtime.live import Live
from patron.testing.sample_shop import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from patron.ports.inbox import Inbox
    from patron.runtime.pipeline import Definitions

_STEP = r"There are no answers yet: first refresh, step 3 of \d\d \(\w+\). Ask again in a moment."


def test_until_there_are_answers_who_asks_is_told_how_far_they_are(tmp_path: Path) -> None:
    folder, is_there, go_on = tmp_path / "tea", threading.Event(), threading.Event()
    init(folder, name="The Tea House", currency="EUR", time_zone="Europe/Berlin", country="DE")
    assert run(["--project", str(folder), "load", "lines", str(FOLDER / "order_lines.csv")]) == 0

    def pausing(project: Project, inbox: Inbox, tell: Callable[[Definitions], None]) -> Live:
        """Ticks that wait at the third step of a refresh."""
        made = TICKS.make(project, inbox, tell)
        assert isinstance(made, Live)
        usual = made.ticks.progress

        def progress(done: int, total: int, what: str) -> None:
            usual(done, total, what)
            if done == 2:
                is_there.set()
                go_on.wait()

        made.ticks.progress = progress
        return made

    with opened(str(folder), SystemClock()) as project, served(project, Ticks(TICKS.applied, pausing)) as serving:
        try:
            assert is_there.wait(60)
            answer = _ask(serving, "/segments")
            assert (answer.status, answer.headers["retry-after"]) == (503, "1")
            assert re.fullmatch(_STEP, answer.json()["error"])
            assert _ask(serving, "/status").json()["refresh"]["step"] == 3
        finally:
            go_on.set()


def _ask(serving: Serving, path: str) -> Answered:
    return asked(application(serving), "GET", f"{BEGIN}{path}", b"", {"authorization": f"Bearer {serving.secret}"})
