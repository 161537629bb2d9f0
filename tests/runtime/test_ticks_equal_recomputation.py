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
    from collections.abc import Callable
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


@pytest.fixture(autouse=True)
def _far_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the end of the day, so that much of what becomes of customers was seen ahead."""
    monkeypatch.setattr("patron.runtime.ticking._AHEAD", timedelta(days=1))


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


def _facts_are_the_same(begun: Begun, story: list[Step]) -> None:
    with begun.story() as bit_by_bit, begun.story() as at_once:
        for happenings, after in story:
            at_once.now = bit_by_bit.now
            happen(at_once, happenings)
            happen(bit_by_bit, happenings)
            bit_by_bit.tick(after=after or timedelta(hours=3))
        at_once.ticks.tick(bit_by_bit.now)
        assert at_once.facts() == bit_by_bit.facts()


def _in_stories(holds: Callable[[Begun, list[Step]], None], start: Begun, stories: int, *, seeded: int | None = None) -> None:
    """See whether something holds in so many stories; with a seed in the same ones each time."""

    @settings(max_examples=stories, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STORIES)
    def in_each(story: list[Step]) -> None:
        holds(start, story)

    (in_each if seeded is None else seed(seeded)(in_each))()


def test_every_segment_that_can_be_told_from_facts_takes_part() -> None:
    told = {slug for some in SETS for slug in some.slugs}
    left_out = {"due_now", "likely_to_lapse", "not_worth_more_spend", "rising_value"}  # predictions, which are renewed with models
    assert {slug for slug, _ in segment_files()} - told == left_out


@pytest.mark.parametrize("number", range(len(SETS)))
def test_ticks_equal_recomputation(number: int, facts: Path, tmp_path: Path) -> None:
    _in_stories(_lives_right, begun(SETS[number], facts, tmp_path), STORIES_PER_SET, seeded=number)


def test_ticks_equal_recomputation_with_all_definitions_at_once(facts: Path, tmp_path: Path) -> None:
    _in_stories(_lives_right, begun(everything(), facts, tmp_path), 3, seeded=1)


def test_facts_are_those_of_everything_received_at_once(facts: Path, tmp_path: Path) -> None:
    _in_stories(_facts_are_the_same, begun(everything().only(["one_time_buyers"]), facts, tmp_path), 10, seeded=2)


def test_a_credit_note_that_turns_out_to_be_of_another_customer_counts_for_both(facts: Path, tmp_path: Path) -> None:
    told = {"number": "n1", "product": "T1"}
    story: list[Step] = [
        ([("give_back", told | {"email": "ben@example.com", "ago": timedelta(hours=-2)})], timedelta(hours=1)),
        ([("give_back", told | {"email": "ana@example.com", "ago": timedelta(seconds=59)})], timedelta(seconds=1)),
    ]
    _lives_right(begun(everything().only(["best"]), facts, tmp_path), story)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(SETS)))
def test_ticks_equal_recomputation_thousands_of_times(number: int, facts: Path, tmp_path: Path) -> None:
    _in_stories(_lives_right, begun(SETS[number], facts, tmp_path), 200)


def test_whoever_is_forgotten_and_comes_back_at_once_is_known_from_what_came_last(facts: Path, tmp_path: Path) -> None:
    forgotten = [("forget", {"email": "tina@example.com"})]
    returned = [("give_back", {"number": "n1", "product": "T1", "ago": timedelta(0), "email": "tina@example.com"})]
    second = timedelta(seconds=1)
    _facts_are_the_same(begun(everything().only(["one_time_buyers"]), facts, tmp_path), [(forgotten, second), (returned, second)])


@pytest.mark.slow
def test_facts_are_those_of_everything_received_at_once_many_times(facts: Path, tmp_path: Path) -> None:
    _in_stories(_facts_are_the_same, begun(everything().only(["one_time_buyers"]), facts, tmp_path), 300)
