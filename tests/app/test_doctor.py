"""What the doctor says of a project that a server has worked on."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.app.actions.doctor import doctor
from patron.app.actions.init import init
from patron.app.project import Project, opened
from patron.cli.main import run
from patron.runtime.clock import SystemClock
from patron.runtime.ticking import Ticks
from patron.testing.inbox import MemoryInbox
from patron.testing.sample_shop import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

AT = SystemClock().now() + timedelta(minutes=1)


def test_a_project_is_sound_after_ticks_and_unsound_when_a_membership_is_wrong(tmp_path: Path) -> None:
    folder, refused = tmp_path / "tea", "every record could be used"
    init(folder, name="The Tea House", currency="EUR", time_zone="Europe/Berlin", country="DE")
    assert run(["--project", str(folder), "load", "lines", str(FOLDER / "order_lines.csv")]) == 0
    with opened(str(folder), SystemClock()) as project:
        inbox = MemoryInbox()
        ticks = Ticks(project.store, project.definitions, project.facts, inbox)
        ticks.tick(AT)
        asyncio.run(inbox.append([_order("t1", "12.50"), _order("t2", "five")]))
        assert ticks.tick(AT + timedelta(hours=3)).refused == 1
        assert _unsound(project) == [refused]
        _execute(project, "UPDATE membership_bits SET bits_0 = xor(bits_0, 1)")
        assert _unsound(project) == [refused, "a full recomputation gives the same memberships"]


def _execute(project: Project, statement: str) -> None:
    assert isinstance(project.store, DuckDBEngine)
    project.store.execute(statement)


def _order(number: str, total: str) -> bytes:
    record = {
        "order_number": number,
        "email": "ann@shop.example",
        "ordered_at": AT.isoformat(),
        "total": total,
        "updated_at": AT.isoformat(),
    }
    return json.dumps({"source": "orders", "received_at": AT.isoformat(), "record": record}).encode()


def _unsound(project: Project) -> list[str]:
    return [check.name for check in doctor(project, recompute=True).checks if not check.is_sound]
