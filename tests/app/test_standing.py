"""Where one customer stands, asked again and again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.app.actions.init import init
from patron.app.actions.standing import Standings
from patron.app.project import opened
from patron.cli.main import run
from patron.kernel.errors import NotFoundError
from patron.kernel.ids import derived
from patron.testing.sample_shop import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

_BEGIN = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
_ANOTHER = """INSERT INTO identifiers (identifier_id, kind, scope, value, strength, source, received_at)
SELECT {number}, 'customer_number', 'another shop', 'A-77', 3, 'test', now()::TIMESTAMP"""


@dataclass(frozen=True)
class _At:
    """A clock that stands."""

    instant: datetime

    def now(self) -> datetime:
        return self.instant


def test_numbers_of_another_shop_are_found_within_ten_seconds_of_its_coming(tmp_path: Path) -> None:
    init(tmp_path, name="The Tea House", currency="EUR", time_zone="Europe/Berlin", country="DE")
    assert run(["--project", str(tmp_path), "load", "lines", str(FOLDER / "order_lines.csv")]) == 0
    assert run(["--project", str(tmp_path), "refresh"]) == 0
    with opened(str(tmp_path), _At(_BEGIN)) as project:
        standings = Standings()
        ana = standings.of(project, "ana@example.com").customer_id
        assert isinstance(project.store, DuckDBEngine)
        number = derived("customer_number", "another shop", "A-77")
        project.store.execute(_ANOTHER.format(number=number))
        project.store.execute(f"INSERT INTO identities (identifier_id, customer_id) VALUES ({number}, {ana})")
        with pytest.raises(NotFoundError):  # where numbers are unique is not asked for with every page of a site
            standings.of(project, "A-77")
        later = replace(project, clock=_At(_BEGIN + timedelta(seconds=10)))
        assert standings.of(later, "A-77").customer_id == ana
