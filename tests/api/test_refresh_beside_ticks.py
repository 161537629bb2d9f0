"""While everything is worked out anew a server answers and takes events, says how far it is, and ends when it is told to."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from api.calling import asked
from patron.api.application import application
from patron.api.reading_routes import BEGIN
from patron.app.actions.init import init
from patron.app.actions.serving import Ticks, served
from patron.app.actions.ticking import TICKS
from patron.app.project import Project, opened
from patron.cli.main import run
from patron.runtime.clock import SystemClock
from patron.runtime.live import Live
from patron.testing.sample_shop import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from patron.app.actions.serving import Serving
    from patron.ports.inbox import Inbox
    from patron.runtime.pipeline import Definitions

_OWN = 'name = "Regulars"\nmeaning = "They come often."\nwhere = "order_count >= 2"\n'


def test_definitions_are_filled_in_while_answers_go_on_and_who_stops_the_server_does_not_wait(tmp_path: Path) -> None:
    folder, is_there, go_on = tmp_path / "tea", threading.Event(), threading.Event()
    init(folder, name="The Tea House", currency="EUR", time_zone="Europe/Berlin", country="DE")
    assert run(["--project", str(folder), "load", "lines", str(FOLDER / "order_lines.csv")]) == 0

    def beside(project: Project, inbox: Inbox, tell: Callable[[Definitions], None]) -> Live:
        """Ticks beside which every refresh but the first is made; the first of these waits at its third step."""
        made = TICKS.make(project, inbox, tell)
        assert isinstance(made, Live)
        made.ticks.beside_from = 0.0
        usual = made.ticks.progress

        def progress(done: int, total: int, what: str) -> None:
            usual(done, total, what)
            if done == 2 and threading.current_thread().name == "refresh beside ticks":
                is_there.set()
                go_on.wait()

        made.ticks.progress = progress
        return made

    own = folder / "segments" / "regulars.toml"
    with opened(str(folder), SystemClock()) as project, served(project, Ticks(TICKS.applied, beside)) as serving:
        try:
            _wait(lambda: _ask(serving, "/status")["as_of"] is not None)
            own.parent.mkdir(exist_ok=True)
            own.write_text(_OWN, encoding="utf-8")
            assert is_there.wait(60)
            told = _ask(serving, "/status")
            assert (told["refresh"]["step"], told["refresh"]["is_beside"], told["refresh"]["is_first"]) == (3, True, False)
            assert "regulars" not in _segments(serving)
            go_on.set()
            _wait(lambda: "regulars" in _segments(serving))
            own.write_text(_OWN.replace("2", "3"), encoding="utf-8")
            _wait(lambda: _ask(serving, "/status")["refresh"] is not None)
        finally:
            go_on.set()
        began = time.monotonic()
    assert time.monotonic() - began < 10
    with opened(str(folder), SystemClock()) as project:
        rows = project.store.query(project.facts(project.clock.now()).customers.limit(1))
        assert rows.num_rows


def _segments(serving: Serving) -> set[str]:
    return {s["segment"] for s in _ask(serving, "/segments")["segments"]}


def _ask(serving: Serving, path: str) -> dict[str, Any]:
    answer = asked(application(serving), "GET", f"{BEGIN}{path}", b"", {"authorization": f"Bearer {serving.secret}"})
    assert answer.status == 200, answer.json()
    return answer.json()  # type: ignore[no-any-return]


def _wait(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)
