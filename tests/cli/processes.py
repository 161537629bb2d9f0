"""Patron as a process of its own, and what a project answers."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from patron.app.actions.demo import example
from patron.app.actions.keys import create_key
from patron.app.state import opened_state
from patron.cli.main import run
from patron.runtime.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pytest

MAIN = "from patron.cli.main import main; main()"
MUCH = example("online_retail/online_retail.parquet")
"""A file that takes seconds to load, and tens of megabytes."""

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


def command(project: Path, *arguments: str, before: str = "") -> list[str]:
    """A command line that runs Patron; `before` is Python that its process runs first."""
    return [sys.executable, "-c", before + MAIN, "--project", str(project), *arguments]


def patron(project: Path, *arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run Patron to its end."""
    return subprocess.run(command(project, *arguments, before=before), check=False, capture_output=True, text=True)


@contextmanager
def patron_serve(project: Path, *, before: str = "") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`patron serve` as long as the block runs, and its address."""
    with subprocess.Popen(command(project, "serve", "--port", "0", before=before), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            found = re.search(r"http://127\.0\.0\.1:\d+", process.stderr.readline())
            assert found is not None
            yield process, found[0]
        finally:
            process.kill()


def stopped(
    shop: Path,
    verb: tuple[str, ...],
    *,
    at: str,
    by: Callable[[subprocess.Popen[bytes]], None] = lambda process: process.send_signal(signal.SIGINT),
) -> tuple[int, str]:
    """Run a verb on a terminal and stop it once its progress says this, by Ctrl-C or otherwise: how it ended, and what it said after that."""
    terminal, end = pty.openpty()
    words = command(shop, *verb, before="import os; os.environ.update(TERM='xterm', COLUMNS='160'); ")
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=end) as process:
        os.close(end)
        said, signalled_at = "", None
        while piece := _piece(terminal):
            said += _CONTROL.sub("", piece)
            if signalled_at is None and re.search(at, said):
                signalled_at = len(said)
                by(process)
    os.close(terminal)
    assert signalled_at is not None, f"it never said {at}: {said}"
    return process.returncode, said[signalled_at:]


def _piece(terminal: int) -> str:
    try:
        return os.read(terminal, 65_536).decode(errors="replace")
    except OSError:  # the process has let go of the terminal
        return ""


def write_key(project: Path) -> str:
    """A new key with which a shop may send."""
    with opened_state(str(project)) as state:
        return str(create_key(state, SystemClock(), scope="write", name="web").secret)


def told(project: Path, capsys: pytest.CaptureFixture[str]) -> list[Any]:
    """What a project answers: its segments and customers, and whether it is sound."""
    found = []
    for verb in (["segments"], ["customers", "--limit", "100"], ["doctor"]):
        capsys.readouterr()
        assert run(["--project", str(project), *verb, "--json"]) == 0
        found.append(json.loads(capsys.readouterr().out))
    return found
