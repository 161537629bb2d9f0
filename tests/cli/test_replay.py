"""A shop's past passes again through ticks, and memberships are those of a recomputation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from patron.app.actions.init import init
from patron.cli.main import run
from patron.testing.sample_shop import FOLDER

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "tea"
    init(folder, name="Teas", currency="EUR", time_zone="Europe/Berlin", country="DE")
    for source, file in (("lines", "order_lines"), ("reviews", "reviews")):
        assert run(["--project", str(folder), "load", source, str(FOLDER / f"{file}.csv")]) == 0
    return folder


def _json(shop: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    assert run(["--project", str(shop), *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_past_passes_again_and_every_membership_is_right(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--project", str(shop), "refresh", "--as-of", "2024-07-01"]) == 0
    before = _json(shop, capsys, "segments")
    done = _json(shop, capsys, "replay", "--from", "2024-06-18T23:00", "--to", "2024-06-19T14:00", "--every", "300", "--checks", "2")
    assert done["facts"]["orders"] >= 1
    assert done["facts"]["order_lines"] >= done["facts"]["orders"]
    assert done["refreshes"] >= 2
    assert done["ticks"] > done["refreshes"]
    assert (done["checks"], done["strays"]) == (3, 0)
    assert _json(shop, capsys, "segments") == before
    assert not list((shop / "data").glob("replay-*"))


def test_what_cannot_be_replayed_is_said_at_once(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--from", "2024-07-02", "--to", "2024-07-01", "--every", "0", "--speed", "-1"]
    assert run(["--project", str(shop), "replay", *arguments]) == 2
    said = capsys.readouterr().err
    for where in ("--from", "--every", "--speed"):
        assert where in said
