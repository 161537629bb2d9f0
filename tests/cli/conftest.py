"""A small project that was loaded and refreshed, made once and copied for each test that changes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from patron.app.actions.init import init
from patron.cli.main import run
from patron.testing.sample_shop import FOLDER

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def tea(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("projects") / "tea"
    init(folder, name="The Tea House", currency="EUR", time_zone="Europe/Berlin", country="DE")
    assert run(["--project", str(folder), "load", "lines", str(FOLDER / "order_lines.csv")]) == 0
    assert run(["--project", str(folder), "refresh", "--as-of", "2024-07-01"]) == 0
    return folder
