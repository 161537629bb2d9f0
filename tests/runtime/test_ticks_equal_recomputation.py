"""Whatever comes, in whatever order, and whenever ticks are made: at every instant all answers are those of a full recomputation."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, seed, settings

from patron.runtime.resolving import resolve
from runtime.happenings import STORIES, happen
from runtime.tea_house import begun, received, sets

if TYPE_CHECKING:
    from pathlib import Path

    from runtime.happenings import Step
    from runtime.tea_house import Begun, TeaHouse

SETS = sets()
_TICK = timedelta(microseconds=1)


@pytest.fixture(scope="session")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What stories begin with."""
    file = tmp_path_factory.mktemp("tea_house") / "facts.duckdb"
    received(file)
    return file


def _lives_right(begun: Begun, story: list[Step]) -> None:
    with begun.story() as house:
        for happenings, after in story:
            happen(house, happenings)
            due = house.ticks.wakes_at
            assert due is not None
            then = max(due, house.now + _TICK) if after is None else house.now + after
            if house.now < due - _TICK < then:  # nobody is due until then
                assert house.differences(due - _TICK) == {}
            house.tick(after=then - house.now)
            assert house.differences(then) == {}
        assert resolve(house.store, now=house.now).changed == {}
        assert house.misplaced() == {}


def _live_right(number: int, facts: Path, folder: Path, *, stories: int) -> None:
    start = begun(SETS[number], facts, folder)

    @settings(max_examples=stories, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(STORIES)
    def all_of_them(story: list[Step]) -> None:
        _lives_right(start, story)

    all_of_them()


@pytest.mark.parametrize("number", range(len(SETS)))
def test_ticks_equal_recomputation(number: int, facts: Path, tmp_path: Path) -> None:
    _live_right(number, facts, tmp_path, stories=18)
