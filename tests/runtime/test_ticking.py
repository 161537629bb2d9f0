from __future__ import annotations

import asyncio
import gc
import threading
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from patron.facts import tables as t
from patron.runtime import pipeline, ticking
from patron.runtime.live import Live as Served
from patron.runtime.memberships import CURRENT, RECORDED
from patron.runtime.reached import outdate
from patron.runtime.ticking import GaveWayError
from runtime.live import BEGIN, SEGMENTS, Live, definitions

if TYPE_CHECKING:
    from patron.facts.as_of import Facts

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass
class Later:
    """A clock that is a second further each time."""

    at: datetime

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


@pytest.fixture
def live() -> Live:
    """Three customers, and a first tick that works everything out."""
    live = Live()
    for number, (who, total, ago) in enumerate([("ann", 100, 40), ("ann", 60, 20), ("bob", 30, 10), ("cat", 200, 60)]):
        live.order(f"o{number}", f"{who}@shop.example", total, ago=timedelta(days=ago))
    live.identify("browser-ann", "ann@shop.example")
    live.event("Product Viewed", "browser-ann", product_id="p1")
    assert live.tick().refreshed
    live.tick()
    return live


def test_an_event_changes_memberships_with_the_next_tick(live: Live) -> None:
    live.event("Product Viewed", "browser-ann", product_id="p2")
    done = live.tick()
    assert (done.records, done.touched, done.refreshed) == (1, 1, False)
    assert live.members("viewed_lately") == 1
    assert live.strays() == 0


def test_what_the_first_tick_of_a_server_would_plan_is_planned_before_it(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    live.reopened().make_ready(live.now)
    monkeypatch.setattr(ticking, "recipe", _unplanned)
    live.event("Product Viewed", "browser-ann", product_id="p2")
    assert live.tick().touched == 1
    assert live.members("viewed_lately") == 1
    assert live.strays() == 0


def test_nothing_is_planned_before_answers_that_have_to_be_made_anew(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticking, "recipe", _unplanned)
    live.reopened().make_ready(live.now + DAY)  # after midnight
    outdate(live.store)
    live.reopened().make_ready(live.now)
    assert live.tick().refreshed


def _unplanned(*_: object) -> None:
    raise AssertionError


def test_a_window_ends_at_its_instant_though_nothing_happens(live: Live) -> None:
    viewed_at = BEGIN
    assert live.members("in_the_last_hour") == 1
    assert live.ticks.wakes_at == viewed_at + HOUR + timedelta(microseconds=1)
    live.ticks.tick(viewed_at + HOUR)
    assert live.members("in_the_last_hour") == 1
    live.ticks.tick(viewed_at + HOUR + timedelta(microseconds=1))
    assert live.members("in_the_last_hour") == 0
    assert ("2026-03-02 10:00:00.000001", "in_the_last_hour", "left", "time") in live.changes()
    assert live.strays() == 0


def test_a_cart_is_abandoned_an_hour_later_unless_an_order_follows(live: Live) -> None:
    live.event("Product Added", "browser-ann", product_id="p1", price="5")
    live.tick()
    assert live.members("abandoned") == 0
    assert live.members("open_cart") == 1
    added_at = live.now - timedelta(seconds=1)
    live.ticks.tick(added_at + HOUR)
    assert live.members("abandoned") == 1
    live.now = added_at + HOUR
    live.order("o9", "ann@shop.example", 5, ago=MINUTE * 30)
    live.tick()
    assert live.members("abandoned") == 0
    assert live.strays() == 0


def test_whoever_is_recognised_brings_what_their_browser_did(live: Live) -> None:
    live.event("Product Viewed", "browser-bob", product_id="p1")
    live.event("Product Viewed", "browser-bob", product_id="p2")
    assert live.tick().touched == 0
    live.identify("browser-bob", "bob@shop.example")
    live.tick()
    assert live.members("viewed_lately") == 1
    assert live.strays() == 0


def test_an_order_seen_again_counts_as_it_is_now(live: Live) -> None:
    assert live.members("worth") == 2
    live.order("o3", "cat@shop.example", 200, ago=timedelta(days=60), refunded=150)
    live.tick()
    assert live.members("worth") == 1
    assert live.strays() == 0


def test_an_order_that_turns_out_to_be_anothers_leaves_its_first_buyer(live: Live) -> None:
    live.order("o3", "bob@shop.example", 200, ago=timedelta(days=60))
    live.tick()
    assert live.strays() == 0


def _worth(live: Live) -> set[str]:
    found = live.store.execute("SELECT email FROM memberships JOIN customers USING (customer_id) WHERE worth").fetchall()
    return {email.partition("@")[0] for (email,) in found}


def test_an_order_of_lines_that_turns_out_to_be_anothers_leaves_its_first_buyer(live: Live) -> None:
    live.line("o20", "dan@shop.example", "tea", 120)
    live.tick()
    assert _worth(live) == {"ann", "cat", "dan"}
    live.tick()  # who has entered a segment is looked at once more
    live.line("o20", "bob@shop.example", "cup", 6)
    live.tick()
    assert _worth(live) == {"ann", "cat", "bob"}
    assert live.strays() == 0


def test_a_credit_note_that_turns_out_to_be_anothers_leaves_its_first_buyer(live: Live) -> None:
    live.line("o20", "dan@shop.example", "tea", 150)
    live.line("C20", "dan@shop.example", "tea", 100, quantity=-1)
    live.tick()
    assert _worth(live) == {"ann", "cat"}
    live.line("C20", "bob@shop.example", "cup", 6, quantity=-1)
    live.tick()
    assert _worth(live) == {"ann", "cat", "dan"}
    assert live.strays() == 0


def test_a_product_that_is_sold_for_the_first_time_counts(live: Live) -> None:
    live.line("o20", "bob@shop.example", "tea", 4)
    live.tick()
    live.line("o21", "bob@shop.example", "cup", 6)
    assert not live.tick().refreshed
    assert live.members("varied") == 1
    assert live.strays() == 0


def test_a_record_received_twice_changes_nothing(live: Live) -> None:
    for _ in range(2):
        live.event("Product Viewed", "browser-ann", key="once", product_id="p2", ago=MINUTE)
    at = live.now - MINUTE
    while live.tick().touched:  # who has entered a segment is looked at once more
        pass
    before = live.changes()
    live.event("Product Viewed", "browser-ann", key="once", product_id="p2", ago=live.now - at)
    assert live.tick().touched == 0
    assert live.changes() == before


@pytest.mark.parametrize("is_one_tick", [True, False])
@pytest.mark.parametrize("quantity", [1, -1])
def test_a_line_received_twice_is_one_line_whichever_ticks_take_it_up(live: Live, quantity: int, *, is_one_tick: bool) -> None:
    live.line("o7", "ann@shop.example", "p1", 9.5, quantity=3)
    for _ in range(2):
        live.line("o8", "ann@shop.example", "p1", 9.5, quantity=quantity)
        if not is_one_tick:
            live.tick()
    live.tick()
    assert live.store.execute("SELECT sum(net_revenue)::INTEGER, count(*) FROM order_lines").fetchall() == [
        (2850 + 950 * (quantity > 0), 1 + (quantity > 0))
    ]
    assert live.store.execute("SELECT sum(total)::INTEGER FROM orders WHERE order_number IN ('o7', 'o8')").fetchall() == [
        (2850 + 950 * (quantity > 0),)
    ]
    assert live.store.execute("SELECT sum(total)::INTEGER FROM credits").fetchall() == [(None if quantity > 0 else 950,)]
    assert live.strays() == 0


def test_an_event_that_is_dated_ahead_counts_when_its_time_has_come(live: Live) -> None:
    live.event("Product Viewed", "browser-ann", ago=-HOUR * 3, product_id="p2")
    live.tick()
    happens_at = live.now - timedelta(seconds=1) + HOUR * 3
    assert live.members("viewed_lately") == 0
    live.ticks.tick(happens_at + timedelta(microseconds=1))
    assert live.members("viewed_lately") == 1
    assert live.strays() == 0


def test_the_days_are_those_of_the_shop(live: Live) -> None:
    midnight = live.ticks.hold(live.now).shop.calendar.midnight(live.now.date() + DAY)
    assert live.ticks.tick(midnight).refreshed
    assert not live.ticks.tick(midnight + MINUTE).refreshed
    assert live.strays() == 0


def test_what_cannot_be_used_is_kept_with_its_reason_and_the_rest_counts(live: Live) -> None:
    live.order("o7", "dan@shop.example", "five")
    live.event("Product Viewed", "browser-ann", product_id="p2")
    done = live.tick()
    assert (done.records, done.refused) == (2, 1)
    assert live.members("viewed_lately") == 1


def test_what_is_told_of_customers_for_the_first_time_makes_all_answers_anew(live: Live) -> None:
    def hold(as_of: datetime) -> Facts:
        told = live.store.query(t.CUSTOMERS.unbound().filter(t.CUSTOMERS.unbound().birth_on.notnull()).limit(1)).num_rows
        facts = live.hold(as_of)
        return replace(facts, known=facts.known | ({"birthdays"} if told else set()))

    live.ticks.hold = hold
    live.event("Product Viewed", "browser-ann", product_id="p2")
    assert not live.tick().refreshed
    live.customer("ann@shop.example", birth_on="1990-05-01")
    assert live.tick().refreshed
    live.event("Product Viewed", "browser-ann", product_id="p3")
    assert not live.tick().refreshed


def test_ticks_leave_no_note_unless_something_was_refused(live: Live) -> None:
    def notes() -> list[tuple[str, int]]:
        return live.store.execute("SELECT source, refused_count FROM loads").fetchall()

    live.event("Product Viewed", "browser-ann", product_id="p2")
    live.tick()
    assert notes() == []
    live.order("o7", "dan@shop.example", "five")
    live.tick()
    assert notes() == [("orders", 1)]


def test_a_record_at_which_everything_stops_is_set_aside_and_stops_no_other(live: Live) -> None:
    body = b'{"source": "events", "received_at": "\xff'
    live.event("Product Viewed", "browser-ann", product_id="p2")
    asyncio.run(live.inbox.append([body]))
    live.event("Product Viewed", "browser-ann", product_id="p3")
    serving = Served(live.ticks, Later(live.now))
    while live.ticks.reached[0] < live.inbox.last:
        serving._tick()
    gc.unfreeze()  # as `run` does at its end
    assert live.members("viewed_lately") == 1
    ((kept, said),) = live.store.execute("SELECT record, expected FROM refused").fetchall()
    assert (kept, "report" in said) == (body.decode(errors="replace"), True)
    assert live.strays() == 0


def test_a_clock_that_goes_back_is_not_followed(live: Live) -> None:
    before = live.ticks.reached[1]
    assert before is not None
    assert live.ticks.tick(before - DAY).as_of > before


def test_a_tick_after_a_restart_goes_on_where_the_last_one_ended(live: Live) -> None:
    live.event("Product Viewed", "browser-ann", product_id="p2")
    position = live.tick().position
    live.reopened()
    assert live.ticks.reached == (position, live.now)
    assert not live.tick().refreshed
    assert live.strays() == 0


def test_memberships_that_an_older_store_keeps_twice_are_kept_once(live: Live) -> None:
    live.store.execute(f"CREATE TABLE {RECORDED} AS FROM {CURRENT}")
    live.reopened()
    assert RECORDED not in live.store.tables()
    live.tick(after=timedelta(days=31))
    assert live.strays() == 0


def test_what_is_recorded_stays_while_a_refresh_that_looks_back_stands(live: Live) -> None:
    back = live.hold(live.now - timedelta(days=7))
    pipeline.refresh(live.store, live.made, back, now=live.now, progress=lambda *_: None)
    live.reopened()
    assert RECORDED in live.store.tables()
    assert live.tick().refreshed
    assert RECORDED not in live.store.tables()


def test_a_definition_that_changes_while_live_is_filled_in_and_swapped_in_at_once(live: Live) -> None:
    live.made = definitions({**SEGMENTS, "in_the_last_hour": 'happened("product_viewed", last="2 hours")', "buyers": "order_count >= 1"})
    live.ticks.define(live.made)
    assert live.ticks.wakes_at is None  # there is something to do at once
    live.event("Product Viewed", "browser-ann", product_id="p2")
    assert live.tick().refreshed
    assert live.members("buyers") == 3
    assert live.strays() == 0
    assert not live.tick().refreshed
    live.now = BEGIN + HOUR * 2
    live.tick()
    assert live.members("in_the_last_hour") == 1
    assert live.strays() == 0


def test_definitions_that_changed_while_nobody_served_are_noticed(live: Live) -> None:
    live.made = definitions({**SEGMENTS, "buyers": "order_count >= 1"})
    live.reopened()
    assert live.tick().refreshed
    assert live.members("buyers") == 3
    live.reopened()
    assert not live.tick().refreshed
    assert live.strays() == 0


def test_members_of_a_list_keep_their_place_when_they_are_looked_at(live: Live) -> None:
    live.store.execute("INSERT INTO list_members SELECT 'invited', customer_id, '2026-01-01' FROM customers")
    outdate(live.store)
    live.reopened()
    assert live.tick().refreshed
    assert live.members("invited") == 3
    live.event("Product Viewed", "browser-ann", product_id="p2")
    assert not live.tick().refreshed
    assert live.members("invited") == 3
    assert live.strays() == 0


@pytest.mark.parametrize("times", [0, 1])
def test_a_full_refresh_gives_way_to_who_waits_to_write_so_many_times(live: Live, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticking, "_MOST_GIVEN_WAY", times)
    other = live.store.session()

    def write() -> None:
        with other.transaction():
            other.execute("CREATE TABLE written AS SELECT 1")

    writer = threading.Thread(target=write)

    def progress(done: int, total: int, what: str) -> None:
        del total, what
        if done == 0 and writer.ident is None:
            writer.start()
        while writer.is_alive() and not live.store.is_wanted:
            time.sleep(0.001)

    live.ticks.progress = progress
    outdate(live.store)
    live.event("Product Viewed", "browser-ann", product_id="p2")
    if times:
        with pytest.raises(GaveWayError):
            live.tick()
        writer.join()
    assert live.tick().refreshed
    writer.join()
    assert (live.members("viewed_lately"), "written" in live.store.tables()) == (1, True)
