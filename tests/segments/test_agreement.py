"""Preview, membership, explanation and a plain interpreter give the same answer about anybody and any condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patron.segments.check import checked
from patron.segments.definition import Definition, condition_of
from patron.segments.explain import explain_query, explanation
from patron.segments.plan import Plan
from segments.conditions import CONDITIONS, PEOPLE, SEQUENCES
from segments.interpreter import Interpreter
from segments.world import AS_OF, CATALOG, Person, World

if TYPE_CHECKING:
    from patron.segments.check import Checked


def _segments(texts: list[str]) -> Checked:
    first, *rest = texts
    nested = [f'in_segment("s0") and {rest[0]}', f'not in_segment("s0") or {rest[-1]}'] if rest else []
    return checked([Definition(f"s{i}", where=text, file=f"s{i}") for i, text in enumerate([first, *rest, *nested])], CATALOG)


def _interpreter(world: World, plan: Plan) -> Interpreter:
    people = [p for p in world.people if isinstance(p, Person)]
    return Interpreter(world.rows(), {i: p.events for i, p in enumerate(people, 1)}, AS_OF, plan.checked.conditions)


def _agree(people: list[Person], texts: list[str]) -> None:
    world = World(people)
    plan = world.plan(_segments(texts))
    plain = _interpreter(world, plan)
    assert world.memberships(plan) == {slug: plain.members(slug) for slug in plan.checked.slugs}


@settings(deadline=None, max_examples=8)
@given(people=PEOPLE, texts=st.lists(CONDITIONS, min_size=2, max_size=6))
def test_memberships_are_what_the_words_say(people: list[Person], texts: list[str]) -> None:
    _agree(people, texts)


@settings(deadline=None, max_examples=8)
@given(people=PEOPLE, texts=st.lists(SEQUENCES, min_size=4, max_size=8))
def test_sequences_are_what_the_words_say(people: list[Person], texts: list[str]) -> None:
    _agree(people, texts)


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(people=PEOPLE, texts=st.lists(CONDITIONS, min_size=1, max_size=6) | st.lists(SEQUENCES, min_size=4, max_size=8))
def test_memberships_are_what_the_words_say_many_times(people: list[Person], texts: list[str]) -> None:
    _agree(people, texts)


@settings(deadline=None, max_examples=5)
@given(people=PEOPLE, texts=st.lists(CONDITIONS, min_size=1, max_size=3))
def test_preview_membership_and_explanation_agree(people: list[Person], texts: list[str]) -> None:
    world = World(people)
    plan = world.plan(_segments(texts))
    stats = world.stats(plan)
    members = world.memberships(plan)
    for slug in plan.checked.slugs:
        rows = world.engine.query(explain_query(plan, slug, stats)).to_pylist()
        assert {row["customer_id"] for row in rows if explanation(plan, slug, row).is_member} == members[slug]
    for text in texts:
        preview = Plan(checked([condition_of(text)], CATALOG), CATALOG, plan.facts, terms_name="preview_terms")
        for step in preview.steps():
            world.engine.create(step.name, step.expression, temporary=True)
        assert world.memberships(preview)["preview"] == members[f"s{texts.index(text)}"]
