"""Few live records become the same facts whether the engine of few rows works them out or the store does."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patron.adapters.engines.arrays.engine import ArraysEngine
from patron.adapters.engines.duckdb import DuckDBEngine
from patron.facts import tables as t
from patron.ports.inbox import Entry
from patron.runtime.loading_options import LoadOptions
from patron.runtime.met import Shortcuts
from patron.runtime.receiving import receive
from properties import tried
from runtime.live import BEGIN, SHOP, body
from runtime.tea_house import records_of_files
from sources import odd_orders
from sources.test_woocommerce_webhooks import deliveries as woocommerce
from sources.webhooks import ORDER, REFUND, delivery

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir
    import pyarrow as pa

    from patron.ports.engine import Few

Records = list[tuple[str, dict[str, Any]]]
STORE = DuckDBEngine(threads=1)
_ODD = st.sampled_from(
    [None, "", " ", "T-1", " T-1 ", "'5", "17850.0", "1.5", "1e5", "-3", "12,50", "€ 3", "9" * 30, 7, 2.5, 0, True, False, [], {}, ["a"],
     {"sku": "T-2"}, [{"sku": "T-3", "category": "tea"}], "ada@example.com", "info@example.com", "Grüße", "\u1c89", "a\nb", '"quoted"', "{", "[1,]"],
)  # fmt: skip
_NAMES = st.sampled_from(
    ["Product Viewed", "productAdded", "Order Completed", "purchase", "Größe gewählt", "!?", "x" * 50, "日本", "\u1c89"]
)
_INSTANTS = st.sampled_from(
    ["2026-03-01T10:00:00Z", "2026-03-01T10:00:00.120Z", "2026-03-01T10:00:00+02:00", "2026-03-01T23:59:59.999999-05:00", "2026-02-28"]
)
_WHO = st.sampled_from(["v1", "v2", "c-7", "17850.0", None])
_PARTS = ("sku", "product_id", "category", "products", "quantity", "price", "value", "total", "revenue", "currency", "query", "path")
_TRAITS = ("email", "phone", "firstName", "last_name", "gender", "address", "country", "language")


def _objects(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(names), _ODD, max_size=4)


_CALLS = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "track", "track", "page", "screen", "identify", "group", "alias"]), "event": _NAMES, "properties": _objects(*_PARTS)},
    optional={
        "messageId": st.sampled_from(["m1", "m2", "m3"]), "userId": _WHO, "anonymousId": _WHO, "previousId": _WHO, "timestamp": _INSTANTS,
        "originalTimestamp": _INSTANTS, "traits": _objects(*_TRAITS), "name": _ODD,
        "context": st.fixed_dictionaries({}, optional={"traits": _objects(*_TRAITS), "page": _objects("path", "referrer"), "channel": _ODD}),
    },
)  # fmt: skip


class _Undone(Exception):  # noqa: N818  # nothing went wrong
    """What was received is not to stay."""


class Watched(ArraysEngine):
    """Tells how many of its answers were asked for rows of facts."""

    answered = 0

    def query(self, expression: ir.Table) -> pa.Table:
        rows = super().query(expression)
        self.answered += "received_at" in rows.column_names
        return rows


@pytest.fixture(scope="module", autouse=True)
def _tables() -> None:
    for table in (*t.FACTS, *t.LEDGER):
        STORE.declare(table)


def _facts(records: Records, few: Few | None, *, apart: bool = True) -> dict[str, pa.Table]:
    """All facts that two ticks make, of records and of half of them again."""
    found: dict[str, pa.Table] = {}
    shortcuts = Shortcuts(few)
    with suppress(_Undone), STORE.transaction():
        for number, some in enumerate((records, records[::2])):
            now = BEGIN.replace(second=number)
            STORE.tell(now)
            if few is not None:
                few.tell(now)
            receive(STORE, _entries(some, apart=apart), LoadOptions(received_at=now, shop=SHOP, is_live=True), shortcuts)
            for rows in shortcuts.new_events:
                STORE.insert("events", rows)  # as a tick does once it knows whose they are
            shortcuts.new_events.clear()
        for table in (*t.FACTS, *t.LEDGER):
            found[table.name] = STORE.query(table.unbound().order_by(*(c.name for c in table.columns)))
        raise _Undone
    return found


def _entries(records: Records, *, apart: bool = True) -> Sequence[Entry]:
    """As the inbox has them, by topics."""
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    return [
        Entry(n, body(source, at, record, kind=record.get("topic", "") if apart else "")) for n, (source, record) in enumerate(records, 1)
    ]


def _differing(records: Records, few: Few) -> list[str]:
    return _both(records, few)[1]


def _same(records: Records) -> dict[str, pa.Table]:
    """What records become, one way and the other."""
    found, differing = _both(records, ArraysEngine())
    assert differing == []
    return found


def _both(records: Records, few: Few) -> tuple[dict[str, pa.Table], list[str]]:
    """What records become by the store, and the tables in which that is something else by the engine of few rows."""
    here, there = _facts(records, few), _facts(records, None)
    return there, [name for name, rows in there.items() if not rows.equals(here[name])]


@tried(4, 10)
@given(st.lists(_CALLS.map(lambda call: ("events", call)), min_size=1, max_size=12))
def test_calls_of_any_kind_become_the_same_facts(calls: Records) -> None:
    assert _differing(calls, ArraysEngine()) == []


def test_usual_calls_are_not_left_to_the_store() -> None:
    few = Watched()
    track = {
        "type": "track", "event": "Product Added", "messageId": "m1", "anonymousId": "v1", "timestamp": "2026-03-01T10:00:00Z",
        "properties": {"sku": "T-1", "price": 12.5, "quantity": 2, "currency": "EUR"}, "context": {"page": {"path": "/tea"}, "ip": "10.0.0.1"},
    }  # fmt: skip
    identify = {"type": "identify", "messageId": "m2", "anonymousId": "v1", "userId": "c-7", "timestamp": "2026-03-01T10:00:01Z",
                "properties": {}, "traits": {"email": "ada@example.com", "phone": "+49 341 5550199", "address": {"country": "DE"}}}  # fmt: skip
    assert _differing([("events", track), ("events", identify)], few) == []
    assert few.answered >= len(("events", "identifiers", "links", "profiles"))


def test_a_price_times_a_quantity_of_many_digits_stops_nobody() -> None:
    told = [(19.9, 1_700_000_000), (999_999_999_999, 999_999_999_999), (12.5, 2)]
    calls: Records = [
        ("events", {"type": "track", "event": "Product Added", "messageId": f"m{n}", "anonymousId": "v1", "timestamp": "2026-03-01T10:00:00Z",
                    "properties": {"price": price, "quantity": quantity, "currency": "EUR"}}) for n, (price, quantity) in enumerate(told)
    ]  # fmt: skip
    values = _same(calls)["events"]["value"].to_pylist()
    assert sorted(values, key=str) == [2_500, 3_383_000_000_000, None]


@pytest.mark.parametrize("source", ["customers", "events", "messages", "orders", "products", "redemptions", "reviews", "tickets"])
def test_what_the_files_of_a_shop_say_becomes_the_same_facts(source: str) -> None:
    few = Watched()
    every = groupby(records_of_files(), lambda told: told[0])
    assert _differing([told for name, some in every if name == source for told in list(some)[:150]], few) == []
    assert few.answered


def test_deliveries_of_a_shop_system_become_the_same_facts() -> None:
    told, few = [*odd_orders.shopify(), delivery("refunds/create", REFUND), delivery("customers/create", ORDER["customer"])], Watched()
    assert _differing([("shopify", record) for record in told], few) == []
    assert few.answered >= len(("orders", "order_lines", "refunds", "events", "identifiers"))


def test_deliveries_of_another_shop_system_become_the_same_facts() -> None:
    few = Watched()
    assert _differing([("woocommerce", record) for record in woocommerce()], few) == []
    assert few.answered >= len(("orders", "order_lines", "refunds", "events", "identifiers"))


def test_deliveries_of_several_topics_become_the_same_facts_together_and_apart() -> None:
    told: Records = [("shopify", delivery("refunds/create", REFUND)), ("woocommerce", woocommerce()[0])]
    cart = {"id": "c1", "token": "c1", "created_at": "2026-03-01T10:00:00Z", "updated_at": "2026-03-01T10:00:00Z", "line_items": []}
    told += [("shopify", delivery(topic, cart)) for topic in ("carts/create", "checkouts/update")]
    told += [("shopify", delivery("orders/create", ORDER)), ("woocommerce", woocommerce()[-1])]
    together = _facts(told, ArraysEngine(), apart=False)
    assert together["refused"].num_rows == 0
    assert [name for name, rows in _facts(told, ArraysEngine()).items() if not rows.equals(together[name])] == []


def test_deliveries_that_tell_of_no_order_become_what_they_tell() -> None:
    person = {"id": 7, "email": "ada@example.com", "date_created_gmt": "2026-01-02T00:00:00", "first_name": "Ada"}
    told: Records = [
        ("woocommerce", delivery("customer.created", person, shop="https://cups.example/")),
        ("woocommerce", delivery("coupon.created", {"id": 3, "code": "SPRING"}, shop="https://cups.example/")),
    ]
    facts = _same(told)
    assert facts["profiles"]["first_name"].to_pylist() == ["Ada"]
    assert facts["events"]["kind"].to_pylist() == ["woocommerce_coupon_created"]
    assert (facts["orders"].num_rows, facts["refused"].num_rows) == (0, 0)


def test_a_delivery_with_a_line_that_has_no_id_is_refused() -> None:
    line, restful = ORDER["line_items"][0], {"id": 5, "status": "completed", "total": "10.00", "date_created_gmt": "2026-01-02T00:00:00"}
    told: Records = [("shopify", delivery("orders/create", {**ORDER, "line_items": [line, {**line, "id": n}]})) for n in (None, " ")]
    told += [("woocommerce", delivery("order.created", {**restful, "line_items": [{"id": n, "name": "Cup"}]})) for n in (None, "")]
    facts = _same(told)
    assert (facts["orders"].num_rows, facts["order_lines"].num_rows) == (0, 0)
    assert set(facts["refused"]["column"].to_pylist()) == {"payload.line_items"}


def test_words_in_the_place_of_lines_and_their_parts_stop_nobody() -> None:
    lines = ["word", 5, None, {**ORDER["line_items"][0], "discount_allocations": "word"}]
    refund = {**REFUND, "refund_line_items": ["word"], "transactions": ["word"], "order_adjustments": "word"}
    restful = {"id": 5, "status": "completed", "total": "10.00", "date_created_gmt": "2026-01-02T00:00:00", "line_items": ["word", 5],
               "meta_data": ["word"], "coupon_lines": ["word"], "refunds": ["word"]}  # fmt: skip
    told: Records = [
        ("shopify", delivery("orders/create", {**ORDER, "line_items": lines, "refunds": ["word", refund]})),
        ("shopify", delivery("refunds/create", refund)),
        ("shopify", delivery("products/create", {"id": 1, "title": "Cup", "variants": ["word"]})),
        ("shopify", delivery("carts/create", {"id": "c1", "line_items": ["word"]})),
        ("woocommerce", delivery("order.created", restful, shop="https://cups.example/")),
        ("woocommerce", delivery("customer.created", {"id": 7, "email": "ada@example.com"}, shop="https://cups.example/")),
    ]
    assert _same(told)["profiles"].num_rows


def test_a_record_that_cannot_be_used_is_refused_as_ever_and_spoils_no_other() -> None:
    good = {
        "type": "track",
        "event": "Product Viewed",
        "messageId": "m1",
        "anonymousId": "v1",
        "timestamp": "2026-03-01T10:00:00Z",
        "properties": {},
    }
    records: Records = [
        ("events", good),
        ("events", {**good, "messageId": "m2", "type": "no such"}),
        ("events", {**good, "messageId": "m3"}),
    ]
    found = _same(records)
    assert found["events"].num_rows == 2
    assert found["refused"].num_rows == 1
