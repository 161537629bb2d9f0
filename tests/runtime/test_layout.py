"""The rows of a customer come to lie beside each other in the store, and nothing but their order changes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from patron.facts import tables as t
from patron.runtime.layout import LAYOUT, gather, scattered
from runtime.live import Live

if TYPE_CHECKING:
    from patron.kernel.tables import Table


@pytest.fixture
def live() -> Live:
    live = Live()
    for number in range(40):
        who = ("ann", "bob", "cleo")[number % 3]
        live.event("Product Viewed", who, ago=timedelta(hours=40 - number))
        live.order(f"o{number}", f"{who}@shop.example", 10 + number, ago=timedelta(hours=40 - number))
    live.tick()
    return live


def _rows(live: Live, name: str, order: str = "") -> list[tuple[object, ...]]:
    return live.store.execute(f"SELECT * FROM {name} {order}").fetchall()


@pytest.mark.parametrize("table", [t.EVENTS, t.ORDERS], ids=lambda table: table.name)
def test_rows_are_put_in_the_order_of_customers_and_time(live: Live, table: Table) -> None:
    before = _rows(live, table.name, "ORDER BY ALL")
    gather(live.store, table, now=live.now)
    assert _rows(live, table.name, "ORDER BY ALL") == before
    assert _rows(live, table.name) == _rows(
        live, table.name, f"ORDER BY customer_id, {'occurred_at' if table is t.EVENTS else 'ordered_at'}"
    )


def test_events_of_long_ago_lie_before_all_others(live: Live) -> None:
    for who in ("cleo", "ann", "bob"):
        live.event("Product Viewed", who, ago=timedelta(days=200))
        live.event("Product Viewed", who, ago=timedelta(days=179))
    live.tick()
    gather(live.store, t.EVENTS, now=live.now)
    is_old = f"occurred_at < TIMESTAMP '{(live.now - timedelta(days=180)).replace(tzinfo=None)}'"
    assert _rows(live, "events") == _rows(live, "events", f"ORDER BY {is_old} DESC, customer_id, occurred_at")
    assert live.store.execute(f"SELECT count(*) FROM events WHERE {is_old}").fetchall() == [(3,)]
    live.tick(after=timedelta(days=1))
    assert live.strays() == 0


def test_ticks_go_on_over_rows_that_were_gathered(live: Live) -> None:
    for table in (t.ORDERS, t.ORDER_LINES, t.EVENTS, t.MESSAGES):
        gather(live.store, table, now=live.now)
    live.event("Product Added", "ann", product_id="p1")
    live.order("o1", "bob@shop.example", 10, refunded=10)
    live.tick()
    live.tick(after=timedelta(days=1))
    assert live.strays() == 0


def test_only_what_lies_scattered_is_gathered(live: Live) -> None:
    assert [table.name for table in scattered(live.store, few=20)] == ["orders", "events"]
    gather(live.store, t.EVENTS, now=live.now)
    assert [table.name for table in scattered(live.store, few=20)] == ["orders"]
    for number in range(21):
        live.event("Product Viewed", "ann", key=f"later/{number}")
    live.tick()
    assert [table.name for table in scattered(live.store, few=20)] == ["orders", "events"]


def test_a_few_thousand_rows_are_left_as_they_are(live: Live) -> None:
    assert not scattered(live.store)
    assert _rows(live, LAYOUT.name) == []


def test_a_full_refresh_gathers_and_a_tick_does_not(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("patron.runtime.layout._FEW", 20)
    live.event("Product Viewed", "ann")
    live.tick()
    assert _rows(live, LAYOUT.name) == []
    live.tick(after=timedelta(days=1))
    assert sorted(_rows(live, LAYOUT.name)) == [("events", 41), ("orders", 40)]


def test_all_or_nothing_is_gathered(live: Live) -> None:
    before = _rows(live, "events")
    with pytest.raises(KeyboardInterrupt):
        _broken_off(live)
    assert _rows(live, "events") == before
    assert scattered(live.store, few=20)


def _broken_off(live: Live) -> None:
    with live.store.transaction():
        gather(live.store, t.EVENTS, now=live.now)
        raise KeyboardInterrupt


def test_whoever_reads_meanwhile_sees_the_rows_as_they_were(live: Live) -> None:
    reader = live.store.session()
    with reader.snapshot():
        before = reader.query(t.EVENTS.unbound())
        gather(live.store, t.EVENTS, now=live.now)
        live.event("Product Viewed", "ann")
        live.tick()
        assert reader.query(t.EVENTS.unbound()) == before
    assert reader.query(t.EVENTS.unbound()).num_rows == before.num_rows + 1


def test_what_is_required_of_rows_stays_required(live: Live) -> None:
    gather(live.store, t.EVENTS, now=live.now)
    columns = live.store.execute("SELECT column_name, is_nullable FROM information_schema.columns WHERE table_name = 'events'").fetchall()
    assert {name for name, nullable in columns if nullable == "NO"} == {c.name for c in t.EVENTS.columns if c.required}
