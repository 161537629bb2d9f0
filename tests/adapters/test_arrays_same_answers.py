"""The engine of few rows gives the same answers as the embedded one, from the same facts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from patron.adapters.engines.arrays.engine import ArraysEngine
from patron.app.definitions import read_definitions
from patron.facts import tables as t
from patron.features.settings import FeatureSettings
from patron.testing.shops import answers, differing_cells, made_up_facts, made_up_shop

if TYPE_CHECKING:
    from pathlib import Path

AS_OF = datetime(2025, 11, 5, 13, 37, 11, tzinfo=UTC)  # in the middle of a day, with facts after it
ENDS = datetime(2026, 1, 1, tzinfo=UTC)


def test_all_features_and_memberships_are_the_same_cell_by_cell(tmp_path: Path) -> None:
    definitions = read_definitions(tmp_path / "project", FeatureSettings())
    store = made_up_shop(250, ends_at=ENDS)
    few = ArraysEngine()
    for table in (*t.FACTS, *t.LEDGER):
        few.fill(table.name, store.query(table.unbound()).to_reader())
    here = answers(store, definitions, made_up_facts(store, AS_OF))
    there = answers(few, definitions, made_up_facts(few, AS_OF))
    assert here.features.num_rows > 200
    assert differing_cells(here.features, there.features) == {}
    assert differing_cells(here.memberships, there.memberships) == {}
