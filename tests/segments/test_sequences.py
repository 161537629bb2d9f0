from __future__ import annotations

import pytest

from segments.world import Person, World, ago, event


def _events(*events: dict[str, object]) -> World:
    return World([Person(events=events), Person()])


def _at(*happened: tuple[str, float], **columns: object) -> World:
    """One person with events so many minutes before as of."""
    return _events(*[event(kind, ago(minutes=minutes), **columns) for kind, minutes in happened])


@pytest.mark.parametrize(
    ("condition", "happened", "is_met"),
    [
        ('sequence("a", "b")', [("a", 9), ("b", 5)], True),
        ('sequence("a", "b")', [("b", 9), ("a", 5)], False),
        ('sequence("a", "b")', [("a", 5), ("b", 5)], True),
        ('sequence("a", "b", "c")', [("a", 9), ("b", 5), ("c", 1)], True),
        ('sequence("a", "b", "c")', [("a", 9), ("c", 5), ("b", 1)], False),
        ('sequence("a", "a")', [("a", 9)], False),
        ('sequence("a", "a")', [("a", 9), ("a", 9)], True),
        ('sequence("a", "b", within="1 hour")', [("a", 100), ("b", 40)], False),
        ('sequence("a", "b", within="1 hour")', [("a", 100), ("b", 41)], True),
        ('sequence("a", "b", within="1 hour")', [("a", 300), ("a", 100), ("b", 41)], True),
        ('sequence("a", "b", "c", within="1 hour")', [("a", 100), ("b", 60), ("c", 30)], False),
        ('sequence("a", absent("b"), "c")', [("a", 9), ("c", 1)], True),
        ('sequence("a", absent("b"), "c")', [("a", 9), ("b", 5), ("c", 1)], False),
        ('sequence("a", absent("b"), "c")', [("a", 9), ("b", 5), ("a", 3), ("c", 1)], True),
        ('sequence("a", absent("b"), "c")', [("a", 9), ("b", 9), ("c", 1)], False),
        ('sequence("a", absent("b"), "c")', [("a", 9), ("b", 1), ("c", 1)], True),
        ('sequence("a", absent("b"), "c")', [("a", 9), ("c", 5), ("b", 4), ("c", 1)], True),
        ('sequence("a", absent("b"), "b")', [("a", 9), ("b", 1)], True),
        ('sequence("a", absent("b"), within="1 hour")', [("a", 60)], True),
        ('sequence("a", absent("b"), within="1 hour")', [("a", 59)], False),
        ('sequence("a", absent("b"), within="1 hour")', [("a", 90), ("b", 31)], False),
        ('sequence("a", absent("b"), within="1 hour")', [("a", 90), ("b", 30)], True),
        ('sequence("a", absent("b"), within="1 hour")', [("a", 90), ("b", 95)], True),
        ('sequence("a", absent("b"), within="1 hour")', [("a", 900), ("a", 90), ("b", 31)], True),
        ('sequence("a", absent("b"), within="1 hour", last="2 hours")', [("a", 900), ("a", 90), ("b", 31)], False),
        ('sequence("a", absent("b"))', [("a", 90)], True),
        ('sequence("a", absent("b"))', [("a", 90), ("b", 1)], False),
        ('sequence("a", absent("a"), within="1 hour")', [("a", 300), ("a", 250), ("a", 10)], True),
        ('sequence("a", absent("a"), within="1 hour")', [("a", 100), ("a", 50), ("a", 10)], False),
        ('sequence("a", "b", last="1 hour")', [("a", 61), ("b", 5)], False),
        ('sequence("a", "b", last="1 hour")', [("a", 60), ("b", 5)], True),
    ],
)
def test_a_sequence(condition: str, happened: list[tuple[str, float]], *, is_met: bool) -> None:
    assert _at(*happened).members(condition) == ({1} if is_met else set())


def test_steps_can_be_bound_to_the_same_product() -> None:
    world = _events(event("v", ago(hours=9), product_id=1), event("o", ago(hours=8), product_id=2), event("v", ago(hours=7)))
    assert world.members('sequence("v", "o")') == {1}
    assert world.members('sequence("v", "o", same=("product_id",))') == set()
    assert world.members('sequence("v", absent("o"), within="1 hour", same=("product_id",))') == {1}


def test_steps_may_ask_for_columns() -> None:
    world = _events(event("v", ago(hours=9), category="a"), event("v", ago(hours=8), category="b"))
    assert world.members('sequence(step("v", category="a"), step("v", category="b"))') == {1}
    assert world.members('sequence(step("v", category="b"), step("v", category="a"))') == set()
    assert world.members('sequence(step("v", category="a"), absent("v", category="c"))') == {1}
