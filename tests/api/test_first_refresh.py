"""A server that has just begun on a new project says how far its first answers are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from api.calling import Answered, asked
from api.pausing import Pause, paused, tea_house
from patron.api.application import application
from patron.api.reading_routes import BEGIN

if TYPE_CHECKING:
    from pathlib import Path

    from patron.app.actions.serving import Serving

_STEP = r"There are no answers yet: first refresh, step 3 of \d\d \(\w+\). Ask again in a moment."


def test_until_there_are_answers_who_asks_is_told_how_far_they_are(tmp_path: Path) -> None:
    folder, pause = tmp_path / "tea", Pause()
    tea_house(folder)
    with paused(folder, pause) as serving:
        assert pause.is_there.wait(60)
        answer = _ask(serving, "/segments")
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        assert re.fullmatch(_STEP, answer.json()["error"])
        assert _ask(serving, "/status").json()["refresh"]["step"] == 3


def _ask(serving: Serving, path: str) -> Answered:
    return asked(application(serving), "GET", f"{BEGIN}{path}", b"", {"authorization": f"Bearer {serving.secret}"})
