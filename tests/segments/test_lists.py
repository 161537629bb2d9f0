from __future__ import annotations

from datetime import timedelta

from patron.facts.tables import LIST_MEMBERS
from patron.segments.check import checked
from patron.segments.definition import read, to_toml
from patron.segments.lists import frozen, listed
from segments.world import AS_OF, CATALOG, World


def test_a_frozen_segment_keeps_the_members_it_had() -> None:
    world = World([{"order_count": n} for n in (1, 5, 7)])
    plan = world.plan({"big": "order_count > 3"})
    members = plan.memberships({}).filter(lambda row: row.big)
    world.engine.insert("list_members", listed(members, list_name="big_then", added_at=AS_OF))
    world.people = [{"order_count": n} for n in (9, 1, 1)]
    later = AS_OF + timedelta(seconds=1)
    kept = frozen(plan.checked.by_slug["big"], "big_then")
    both = checked([kept, *plan.checked.definitions], CATALOG)
    assert world.memberships(world.plan(both, later)) == {"big": {1}, "big_then": {2, 3}}


def test_listed_members_are_rows_of_the_list_of_facts() -> None:
    plan = World([{}]).plan({"big": "order_count > 3"})
    assert listed(plan.memberships({}), list_name="x", added_at=AS_OF).schema() == LIST_MEMBERS.schema()


def test_a_frozen_segment_can_be_written_and_read() -> None:
    plan = World([{}]).plan({"big": "order_count > 3"})
    kept = frozen(plan.checked.by_slug["big"], "big_then", name="Big in spring")
    assert read(to_toml(kept), slug="big_then", where="big_then.toml") == kept
