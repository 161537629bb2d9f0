"""What the collection keeps is what the source of events reads from a file: nothing of it is refused there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from api.calling import Shop
from patron.app.project import opened
from patron.cli.main import run
from patron.facts.tables import EVENTS
from patron.runtime.clock import SystemClock

if TYPE_CHECKING:
    from pathlib import Path

_CALLS: list[dict[str, Any]] = [
    {"type": "identify", "userId": "u1", "traits": {"email": "ann@shop.example", "firstName": "Ann"}},
    {"type": "track", "userId": "u1", "event": "Completed Order", "properties": {"total": 59.9, "currency": "EUR"}, "timestamp": "2015-2-02T00:30:08.276Z"},
    {"type": "page", "anonymousId": "v7", "name": "Shoes", "timestamp": "2026-03-01T12:00:00.123456789+01:00", "sentAt": "2026-3-1 11:59"},
    {"type": "alias", "previousId": "v7", "userId": "u1"},
    {"type": "group", "userId": "u1", "groupId": 7, "traits": {"name": "Club"}},
    {"type": "track", "userId": 820982911946154508, "event": "Odd", "properties": {"deep": {"a": [1, {"b": "x\u0000y"}]}, "n": 2**70, "f": 1e-400}},
]  # fmt: skip


@pytest.mark.parametrize("calls", [_CALLS, _CALLS[:1], _CALLS[3:4]], ids=["all", "an identify alone", "an alias alone"])
def test_every_record_is_read_as_one_of_a_file(tmp_path: Path, calls: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    shop = Shop()
    assert shop.post("/v1/batch", {"batch": calls, "sentAt": "2026-03-01T11:00:00Z"}).json() == {"success": True}
    file = tmp_path / "live.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in shop.records()), encoding="utf-8")
    (tmp_path / "patron.toml").write_text("", encoding="utf-8")
    assert run(["--project", str(tmp_path), "load", "events", str(file)]) == 0
    assert f"{len(calls)} read" in capsys.readouterr().out
    with opened(str(tmp_path), SystemClock()) as project:
        kinds = project.store.query(EVENTS.unbound().select("kind").order_by("kind")).column("kind").to_pylist()
    assert kinds == (["odd", "order_completed", "page_viewed"] if calls is _CALLS else [])
