"""Ctrl-C in the middle: one sentence, exit code 130, and everything as it was."""

from __future__ import annotations

import shutil
import signal
import time
from typing import TYPE_CHECKING

import pytest

from cli.processes import MUCH, stopped, told
from patron.cli.main import run
from patron.cli.stopping import ctrl_c_is_heard

if TYPE_CHECKING:
    from pathlib import Path

SENTENCE = "Stopped. What was not finished has changed nothing."
LOAD = ("load", "lines", str(MUCH))
REFRESH = ("refresh", "--as-of", "2024-08-01")


@pytest.mark.parametrize(("verb", "at"), [(LOAD, "reading"), (LOAD, "making facts"), (LOAD, "who is who"), (REFRESH, "features|segments")])
def test_whoever_stops_it_finds_everything_as_it_was(
    tea: Path, tmp_path: Path, verb: tuple[str, ...], at: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = shutil.copytree(tea, tmp_path / "tea")
    before = told(shop, capsys)
    code, said = stopped(shop, verb, at=at)
    assert (code, said.strip().splitlines()[-1]) == (130, SENTENCE)
    assert "Traceback" not in said
    assert told(shop, capsys) == before


@pytest.mark.parametrize(("verb", "at"), [(LOAD, "making facts"), (REFRESH, "features|segments")], ids=["load", "refresh"])
def test_what_was_stopped_can_be_run_again(
    tea: Path, tmp_path: Path, verb: tuple[str, ...], at: str, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, again = shutil.copytree(tea, tmp_path / "whole"), shutil.copytree(tea, tmp_path / "again")
    stopped(again, verb, at=at)
    for shop in (whole, again):
        assert run(["--project", str(shop), *verb]) == 0
        assert run(["--project", str(shop), *REFRESH]) == 0
    assert told(again, capsys) == told(whole, capsys)


class _TakesItsTime:
    """Is hit by Ctrl-C while it is taken down, where Python throws away what is raised."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


def test_ctrl_c_is_heard_even_where_python_throws_it_away() -> None:
    with pytest.raises(KeyboardInterrupt), ctrl_c_is_heard():  # noqa: PT012  # the interrupt comes in whichever line
        _TakesItsTime()
        time.sleep(30)
        pytest.fail("Ctrl-C was lost")


def test_what_else_is_thrown_away_is_told_as_ever(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", told.append)

    class _Fails:
        def __del__(self) -> None:
            raise ValueError

    with ctrl_c_is_heard():
        _Fails()
    assert len(told) == 1
    assert capsys.readouterr().err == ""
