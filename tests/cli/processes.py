"""Patron as a process of its own, and what a project answers."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from patron.app.actions.demo import example
from patron.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

MAIN = "from patron.cli.main import main; main()"
MUCH = example("online_retail/online_retail.parquet")
"""A file that takes seconds to load, and tens of megabytes."""


def command(project: Path, *arguments: str, before: str = "") -> list[str]:
    """A command line that runs Patron; `before` is Python that its process runs first."""
    return [sys.executable, "-c", before + MAIN, "--project", str(project), *arguments]


def patron(project: Path, *arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run Patron to its end."""
    return subprocess.run(command(project, *arguments, before=before), check=False, capture_output=True, text=True)


def told(project: Path, capsys: pytest.CaptureFixture[str]) -> list[Any]:
    """What a project answers: its segments and customers, and whether it is sound."""
    found = []
    for verb in (["segments"], ["customers", "--limit", "100"], ["doctor"]):
        capsys.readouterr()
        assert run(["--project", str(project), *verb, "--json"]) == 0
        found.append(json.loads(capsys.readouterr().out))
    return found
