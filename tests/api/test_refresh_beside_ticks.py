"""While everything is worked out anew a server answers and takes events, says how far it is, and ends when it is told to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from api.calling import asked
from api.pausing import Pause, paused, tea_house
from patron.api.application import application
from patron.api.reading_routes import BEGIN
from patron.app.project import opened
from patron.runtime.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from patron.app.actions.serving import Serving

_OWN = 'name = "Regulars"\nmeaning = "They come often."\nwhere = "order_count >= 2"\n'


def test_definitions_are_filled_in_while_answers_go_on_and_who_stops_the_server_does_not_wait(tmp_path: Path) -> None:
    folder, pause = tmp_path / "tea", Pause(beside_only=True)
    tea_house(folder)
    own = folder / "segments" / "regulars.toml"
    with paused(folder, pause) as serving:
        _wait(lambda: _ask(serving, "/status")["as_of"] is not None)
        own.parent.mkdir(exist_ok=True)
        own.write_text(_OWN, encoding="utf-8")
        assert pause.is_there.wait(60)
        told = _ask(serving, "/status")
        assert (told["refresh"]["step"], told["refresh"]["is_beside"], told["refresh"]["is_first"]) == (3, True, False)
        assert "regulars" not in _segments(serving)
        pause.go_on.set()
        _wait(lambda: "regulars" in _segments(serving))
        own.write_text(_OWN.replace("2", "3"), encoding="utf-8")
        _wait(lambda: _ask(serving, "/status")["refresh"] is not None)
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
