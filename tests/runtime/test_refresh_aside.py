"""A full refresh that takes long is made beside ticks, and put in place as if the tick that began it had made it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patron.facts import tables as t
from runtime.beside import (
    ASKING,
    CHANGED,
    DAY,
    MADE,
    MINUTE,
    SECOND,
    Gate,
    kept,
    left_over,
    put_in_place,
    redefine,
)
from runtime.live import SHOP, Live

if TYPE_CHECKING:
    from patron.facts.as_of import Facts


Happening = Callable[[Live], None]
HAPPENINGS: tuple[Happening, ...] = (
    lambda live: live.event("Product Viewed", "browser-ann", product_id="p2"),
    lambda live: live.event("Product Viewed", "browser-bob", product_id="p2", ago=DAY),
    lambda live: live.event("Product Added", "browser-bob", product_id="p2", ago=400 * DAY),
    lambda live: live.identify("browser-bob", "bob@shop.example"),
    lambda live: live.identify("browser-bob", "cat@shop.example"),
    lambda live: live.line("o20", "bob@shop.example", "cup", 6),
    lambda live: live.line("o21", "ann@shop.example", "pot", 60),
    lambda live: live.order("o3", "cat@shop.example", 200, ago=timedelta(days=60), refunded=150),
    lambda live: live.order("o3", "bob@shop.example", 200, ago=timedelta(days=60)),
    lambda live: live.order("o22", "eve@shop.example", 900),
    lambda live: live.forget("dan@shop.example"),
    lambda live: live.forget("ann@shop.example"),
)
"""Events, old ones that come late, merges, products never sold before, refunds, an order that is another's, somebody new, and forgetting."""


def comes_to_the_same(shop: Callable[[], Live], story: list[list[Happening]]) -> None:
    """Ticks beside a refresh, and a refresh at its beginning with one tick at its end, leave the same in every cell."""
    beside, other, gate = shop(), shop(), Gate()
    beside.ticks.beside_from, beside.ticks.progress = 0.0, gate
    redefine(beside)
    redefine(other)
    assert (beside.tick().refreshed, other.tick().refreshed) == (False, True)
    assert gate.is_there.wait(60)
    for happened in story:
        for live in (beside, other):
            for happen in happened:
                happen(live)
        beside.tick(after=MINUTE)
        other.now += MINUTE
    put_in_place(beside, gate)
    other.tick()
    one, two = kept(beside), kept(other)
    assert one.keys() == two.keys()
    assert {name for name in one if one[name] != two[name]} == set()
    assert (beside.strays(), left_over(beside)) == (0, set())


def test_it_comes_to_the_same_as_a_refresh_at_its_beginning_and_one_tick_at_its_end(shop: Callable[[], Live]) -> None:
    comes_to_the_same(shop, [list(HAPPENINGS[:6]), list(HAPPENINGS[6:10]), list(HAPPENINGS[10:11])])


stories = st.lists(st.lists(st.sampled_from(HAPPENINGS), max_size=4), max_size=4)


@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories)
def test_it_comes_to_the_same_whatever_comes_meanwhile(shop: Callable[[], Live], story: list[list[Happening]]) -> None:
    comes_to_the_same(shop, story)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories)
def test_it_comes_to_the_same_whatever_comes_meanwhile_many_times(shop: Callable[[], Live], story: list[list[Happening]]) -> None:
    comes_to_the_same(shop, story)


def test_events_reach_segments_while_it_is_made(live: Live, gate: Gate) -> None:
    redefine(live)
    live.tick()
    assert gate.is_there.wait(60)
    live.event("Product Viewed", "browser-ann", product_id="p2")
    done = live.tick()
    assert (done.touched, done.refreshed, live.ticks.is_refreshing_beside) == (1, False, True)
    assert live.members("viewed_lately") == 1
    live.tick(after=MINUTE * 61)
    assert live.members("in_the_last_hour") == 0
    assert live.ticks.definitions is MADE
    put_in_place(live, gate)
    assert live.ticks.definitions is CHANGED
    assert (live.members("buyers"), live.members("viewed_lately"), live.strays()) == (5, 1, 0)


def test_the_history_says_once_what_changed_and_why(live: Live, gate: Gate) -> None:
    redefine(live)
    live.tick()
    assert gate.is_there.wait(60)
    live.event("Product Viewed", "browser-ann", product_id="p2")
    live.tick()
    viewed_at = str(live.now.replace(tzinfo=None))
    put_in_place(live, gate)
    placed_at = str(live.now.replace(tzinfo=None))
    expected = [(viewed_at, "viewed_lately", "entered", "facts"), *[(placed_at, "buyers", "entered", "definition")] * 5]
    assert [c for c in live.changes() if c[1] != "silent"] == sorted(expected)
    assert {c for c in live.changes() if c[1] == "silent"} == {(placed_at, "silent", "entered", "definition")}
    sizes = dict(live.store.execute(f"SELECT segment, members FROM segment_sizes WHERE as_of = '{placed_at}'").fetchall())
    assert sizes == {segment: live.members(segment) for segment in CHANGED.segments.slugs}
    before = live.changes()
    live.tick()
    assert live.changes() == before


def test_who_enters_a_segment_by_it_is_looked_at_again_where_others_ask_for_that(live: Live, gate: Gate) -> None:
    redefine(live, ASKING)
    live.tick()
    put_in_place(live, gate)
    assert (live.members("viewed_lately"), live.members("new")) == (1, 0)
    live.tick()
    assert (live.members("new"), live.strays()) == (1, 0)


def test_at_midnight_ticks_go_on_with_the_new_day_and_what_changes_with_it_changes_when_it_is_put_in_place(live: Live, gate: Gate) -> None:
    midnight = SHOP.calendar.next_midnight(live.now)
    assert live.tick(after=midnight - live.now - SECOND).refreshed is False
    assert live.ticks.wakes_at == midnight
    assert live.tick().refreshed is False
    assert gate.is_there.wait(60)
    wakes_at = live.ticks.wakes_at
    assert wakes_at is not None
    assert wakes_at > live.now  # nothing spins
    live.event("Product Viewed", "browser-ann", product_id="p2")
    live.tick()
    assert live.members("viewed_lately") == 1
    put_in_place(live, gate)
    assert live.strays() == 0
    live.event("Product Viewed", "browser-bob", product_id="p2")
    live.identify("browser-bob", "bob@shop.example")
    assert not live.tick().refreshed
    assert live.tick(after=MINUTE * 61).touched == 2
    assert (live.members("in_the_last_hour"), live.strays()) == (0, 0)


def test_facts_of_a_new_kind_count_for_everybody_when_it_is_put_in_place(live: Live, gate: Gate) -> None:
    def hold(as_of: datetime) -> Facts:
        told = live.store.query(t.CUSTOMERS.unbound().filter(t.CUSTOMERS.unbound().birth_on.notnull()).limit(1)).num_rows
        facts = live.hold(as_of)
        return replace(facts, known=facts.known | ({"birthdays"} if told else set()))

    live.ticks.hold = hold
    live.customer("ann@shop.example", birth_on="1990-05-01")
    assert not live.tick().refreshed
    assert gate.is_there.wait(60)
    gate.is_open.set()
    live.ticks.close()
    again = live.reopened()  # as after a restart: it is known that something is to be done
    again.hold, again.beside_from = hold, 0.0
    assert again.wakes_at is None
    assert not live.tick().refreshed
    put_in_place(live, gate)
    assert not live.tick().refreshed
