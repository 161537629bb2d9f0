"""Ctrl-C in the middle: one sentence, exit code 130, and everything as it was."""

from __future__ import annotations

import os
import pty
import re
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from cli.processes import MUCH, command, told
from patron.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path

SENTENCE = "Stopped. What was not finished has changed nothing."
LOAD = ("load", "lines", str(MUCH))
REFRESH = ("refresh", "--as-of", "2024-08-01")
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


def stopped(shop: Path, verb: tuple[str, ...], *, at: str) -> tuple[int, str]:
    """Run a verb on a terminal and stop it once its progress says this: how it ended, and what it said after that."""
    terminal, end = pty.openpty()
    words = command(shop, *verb, before="import os; os.environ.update(TERM='xterm', COLUMNS='160'); ")
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=end) as process:
        os.close(end)
        said, signalled_at = "", None
        while piece := _piece(terminal):
            said += _CONTROL.sub("", piece)
            if signalled_at is None and re.search(at, said):
                signalled_at = len(said)
                process.send_signal(signal.SIGINT)
    os.close(terminal)
    assert signalled_at is not None, f"it never said {at}: {said}"
    return process.returncode, said[signalled_at:]


def _piece(terminal: int) -> str:
    try:
        return os.read(terminal, 65_536).decode(errors="replace")
    except OSError:  # the process has let go of the terminal
        return ""


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
