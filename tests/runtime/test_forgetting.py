"""Whoever asks to be forgotten is, whatever is loaded again; the shop's money stays."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from patron.facts import tables as t
from patron.kernel.ids import derived
from runtime.live import Live
from sources.loaded import Loaded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from patron.adapters.engines.duckdb import DuckDBEngine

ORDERS = """order_id,email,customer_id,ordered_at,total,city,postal_code,refunded
1,ann@example.com,A1,2024-01-01,30.00,Leeds,LS1,5.00
2,ann@example.com,A1,2024-03-01,10.00,Leeds,LS1,0
3,bob@example.com,B1,2024-02-01,20.00,York,YO1,0
"""
EVENTS = (
    '{"type":"identify","messageId":"e1","anonymousId":"b-ann","timestamp":"2024-01-02T10:00:00Z","traits":{"email":"ann@example.com"},"properties":{}}\n'
    '{"type":"track","event":"Product Viewed","messageId":"e2","anonymousId":"b-ann","timestamp":"2024-01-02T10:01:00Z","properties":{"sku":"p"}}\n'
    '{"type":"track","event":"Product Viewed","messageId":"e3","anonymousId":"b-ann","timestamp":"2024-06-02T10:01:00Z","properties":{"sku":"p"}}\n'
)
MESSAGES = "message_id,sent_at,email,campaign,channel\nm1,2024-01-05 10:00,ann@example.com,Spring,E-Mail\n"
REFUSED = "order_id,email,ordered_at,total\n9,ANN@example.com,2024-01-09,-3\n"
ASKED = "email,asked_at\nann@example.com,2024-05-01\n"
FILES = {"orders": ORDERS, "events": EVENTS, "messages": MESSAGES, "erasures": ASKED}


def _load(loaded: Loaded, folder: Path, texts: Mapping[str, str]) -> None:
    for source, text in texts.items():
        file = folder / (f"{source}.jsonl" if source == "events" else f"{source}.csv")
        file.write_text(text, encoding="utf-8")
        loaded.one(source, file)
    loaded.resolve()


def _state(store: DuckDBEngine) -> dict[str, list[object]]:
    """All facts, but for when they were received."""
    names = [table.name for table in (*t.FACTS, *t.LEDGER) if table.name not in {"loads", "resolved", "documents"}]
    return {n: sorted(store.execute(f"SELECT * EXCLUDE (received_at) FROM {n}").fetchall() if "received_at" in t.BY_NAME[n]
                      else store.execute(f"SELECT * FROM {n}").fetchall(), key=repr) for n in names}  # fmt: skip


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    loaded = Loaded()
    (tmp_path / "bad.csv").write_text(REFUSED, encoding="utf-8")
    loaded.one("orders", tmp_path / "bad.csv")
    _load(loaded, tmp_path, {name: text for name, text in FILES.items() if name != "erasures"})
    return loaded


def test_nothing_is_left_of_the_person_and_the_money_stays(loaded: Loaded, tmp_path: Path) -> None:
    money = "SELECT sum(total), sum(net_revenue), count(*) FROM orders", "SELECT sum(total) FROM refunds"
    before = [loaded.row(question) for question in money]
    assert loaded.row("SELECT count(*) FROM refused") == (1,)
    _load(loaded, tmp_path, {"erasures": ASKED})
    assert [loaded.row(question) for question in money] == before
    assert loaded.rows("SELECT customer_number FROM customers") == [("B1",)]
    assert loaded.row("SELECT count(buyer_id), count(customer_id), count(city) FROM orders WHERE order_number <> '3'") == (0, 0, 0)
    assert loaded.row("SELECT count(*) FROM messages") == (0,)
    assert loaded.row("SELECT count(*) FROM refused") == (0,)
    said = repr(_state(loaded.store)).lower()
    assert "ann@example.com" not in said
    assert "a1" not in said.replace("'", " ").split()
    assert str(derived("customer_number", "shop", "A1")) not in repr({k: v for k, v in _state(loaded.store).items() if k != "forgotten"})


def test_what_happens_after_the_request_is_kept_as_that_of_somebody_new(loaded: Loaded, tmp_path: Path) -> None:
    _load(loaded, tmp_path, {"erasures": ASKED})
    assert loaded.rows("SELECT occurred_at::TEXT FROM events") == [
        ("2024-06-02 10:01:00",)
    ]  # the visits before it are gone with the browser
    assert loaded.row("SELECT first_seen_at::TEXT FROM identifiers WHERE kind = 'anonymous_id'") == ("2024-06-02 10:01:00",)
    later = "order_id,email,customer_id,ordered_at,total\n12,ann@example.com,A1,2024-07-01,7.00\n"
    (tmp_path / "later.csv").write_text(later, encoding="utf-8")
    loaded.one("orders", tmp_path / "later.csv")
    loaded.resolve()
    assert loaded.row("SELECT count(*), min(first_seen_at)::DATE::TEXT FROM customers WHERE customer_number = 'A1'") == (1, "2024-07-01")
    assert loaded.row("SELECT count(*) FROM orders WHERE customer_id IS NOT NULL") == (2,)


def test_files_that_are_loaded_again_bring_nothing_back(loaded: Loaded, tmp_path: Path) -> None:
    _load(loaded, tmp_path, {"erasures": ASKED})
    after = _state(loaded.store)
    for source in ("orders", "events", "messages", "erasures"):
        _load(loaded, tmp_path, {source: FILES[source]})
        assert _state(loaded.store) == after


def test_a_newer_version_of_an_old_order_is_a_guest_again(loaded: Loaded, tmp_path: Path) -> None:
    _load(loaded, tmp_path, {"erasures": ASKED})
    _load(loaded, tmp_path, {"orders": ORDERS.replace("30.00,Leeds,LS1,5.00", "30.00,Leeds,LS1,9.00")})
    assert loaded.row("SELECT buyer_id, customer_id, city FROM orders WHERE order_number = '1'") == (None, None, None)
    assert loaded.row("SELECT sum(total) FROM refunds") == (900,)
    assert loaded.row("SELECT count(*) FROM customers") == (1,)


def test_a_request_that_comes_with_the_facts_counts_for_them(tmp_path: Path) -> None:
    together, apart = Loaded(), Loaded()
    _load(together, tmp_path, FILES)
    for source, text in FILES.items():
        _load(apart, tmp_path, {source: text})
    assert _state(together.store) == _state(apart.store)


def test_events_may_go_on_arriving_while_their_customer_is_forgotten() -> None:
    live = Live()
    for number, ago in enumerate((40, 20)):
        live.order(f"o{number}", "ann@shop.example", 50, ago=timedelta(days=ago))
    live.order("o9", "bob@shop.example", 50, ago=timedelta(days=3))
    live.identify("b1", "ann@shop.example")
    live.event("Product Viewed", "b1", product_id="p1")
    live.tick()
    live.event("Product Viewed", "b1", product_id="p1")
    live.forget("ann@shop.example")
    live.event("Product Viewed", "b1", ago=timedelta(seconds=-1), product_id="p2")  # after the request
    live.tick(after=timedelta(seconds=2))
    assert live.strays() == 0
    assert live.store.execute("SELECT count(*) FROM customers").fetchall() == [(1,)]
    assert live.store.execute("SELECT count(*), count(customer_id) FROM orders").fetchall() == [(3, 1)]
    live.identify("b1", "ann@shop.example")
    live.tick()
    assert live.strays() == 0
    assert live.store.execute("SELECT count(*) FROM customers").fetchall() == [(2,)]
    assert live.store.execute("SELECT order_count FROM features ORDER BY 1").fetchall() == [(0,), (1,)]
