"""Whatever comes, in whatever order, and whenever ticks are made: at every instant all answers are those of a full recomputation."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, seed, settings

from patron.library.files import segment_files
from runtime.happenings import STORIES, happen
from runtime.tea_house import begun, everything, received, sets

if TYPE_CHECKING:
    from pathlib import Path

    from runtime.happenings import Step
    from runtime.tea_house import Begun

SETS = sets()
STORIES_PER_SET = 17  # hundreds with all sets
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
            assert house.tick(after=then - house.now).as_of == then
            assert house.differences(then) == {}
        assert house.resolved_anew() == {}
        assert house.misplaced() == {}


def test_every_segment_that_can_be_told_from_facts_takes_part() -> None:
    told = {slug for some in SETS for slug in some.slugs}
    left_out = {"due_now", "likely_to_lapse", "not_worth_more_spend", "rising_value"}  # predictions, which are renewed with models
    assert {slug for slug, _ in segment_files()} - told == left_out


@pytest.mark.parametrize("number", range(len(SETS)))
def test_ticks_equal_recomputation(number: int, facts: Path, tmp_path: Path) -> None:
    start = begun(SETS[number], facts, tmp_path)

    @seed(number)
    @settings(max_examples=STORIES_PER_SET, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STORIES)
    def live_right(story: list[Step]) -> None:
        _lives_right(start, story)

    live_right()


def test_ticks_equal_recomputation_with_all_definitions_at_once(facts: Path, tmp_path: Path) -> None:
    start = begun(everything(), facts, tmp_path)

    @seed(1)
    @settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STORIES)
    def live_right(story: list[Step]) -> None:
        _lives_right(start, story)

    live_right()


def test_facts_are_those_of_everything_received_at_once(facts: Path, tmp_path: Path) -> None:
    start = begun(everything().only(["one_time_buyers"]), facts, tmp_path)

    @seed(2)
    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STORIES)
    def are_the_same(story: list[Step]) -> None:
        with start.story() as bit_by_bit, start.story() as at_once:
            for happenings, after in story:
                at_once.now = bit_by_bit.now
                happen(at_once, happenings)
                happen(bit_by_bit, happenings)
                bit_by_bit.tick(after=after or timedelta(hours=3))
            at_once.ticks.tick(bit_by_bit.now)
            assert at_once.facts() == bit_by_bit.facts()

    are_the_same()


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(SETS)))
def test_ticks_equal_recomputation_thousands_of_times(number: int, facts: Path, tmp_path: Path) -> None:
    start = begun(SETS[number], facts, tmp_path)

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STORIES)
    def live_right(story: list[Step]) -> None:
        _lives_right(start, story)

    live_right()
