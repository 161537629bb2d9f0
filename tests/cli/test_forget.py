"""`patron forget` says what would go, and does it when it is told to."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from patron.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shop(tea: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "tea"
    shutil.copytree(tea, copy)
    return copy


def _json(shop: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    assert run(["--project", str(shop), *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_customer_is_forgotten_only_when_it_is_said_twice(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = _json(shop, capsys, "segments")["customers"]
    looked = _json(shop, capsys, "forget", "101")
    assert not looked["is_done"]
    assert looked["kept_as_guest"]["orders"] >= 1
    assert _json(shop, capsys, "customer", "101")["customer_id"] == looked["customer_id"]
    assert _json(shop, capsys, "forget", "101", "--yes")["is_done"]
    assert run(["--project", str(shop), "refresh", "--as-of", "2024-07-01"]) == 0
    assert _json(shop, capsys, "segments")["customers"] == known - 1
    capsys.readouterr()
    assert run(["--project", str(shop), "forget", "101", "--yes"]) == 2
    assert "No customer is known as '101'" in capsys.readouterr().err
