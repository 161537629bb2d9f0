"""What Shopify delivers: the same facts in whatever order, and the same money as the export has."""

from __future__ import annotations

import csv
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.loaded import Loaded, counts, problems
from sources.webhooks import ORDER, REFUND, delivery, lifecycle, order, write

TABLES = ("orders", "order_lines", "refunds", "events", "identifiers", "links", "profiles", "consents", "products", "listings", "documents")


def facts(loaded: Loaded) -> dict[str, list[Any]]:
    return {t: loaded.rows(f"SELECT * FROM {t} ORDER BY ALL") for t in TABLES}  # names of tables


def loaded_in_turn(*files: list[dict[str, Any]]) -> Loaded:
    loaded = Loaded()
    with tempfile.TemporaryDirectory() as folder:
        for number, records in enumerate(files):
            loaded.one("shopify", write(Path(folder) / f"{number}.jsonl", records))
    return loaded


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    loaded = Loaded()
    loaded.one("shopify", write(tmp_path_factory.mktemp("hooks") / "all.jsonl", lifecycle()))
    return loaded


def test_an_order_has_its_money_to_the_cent(shop: Loaded) -> None:
    assert shop.row("SELECT order_number, kind, status, net_revenue, discount, tax, shipping, fees, total, units, line_count FROM orders") == (
        "#1001", "sale", "refunded", 4_500, 500, 841, 490, 0, 5_831, 3, 2,
    )  # fmt: skip
    assert shop.row("SELECT coupon_code, country, region, city, postal_code, campaign_source, campaign_medium FROM orders") == (
        "SPRING", "DE", "SN", "Leipzig", "04109", "news", "email",
    )  # fmt: skip


def test_lines_carry_discount_and_tax_and_sum_up_to_the_order(shop: Loaded) -> None:
    assert shop.rows("SELECT quantity, net_revenue, discount, tax FROM order_lines ORDER BY net_revenue") == [
        (1, 1_800, 200, 235),
        (2, 2_700, 300, 513),
    ]


def test_refunds_name_their_line_and_their_day(shop: Loaded) -> None:
    rows = shop.rows("""SELECT r.refunded_at::VARCHAR, p.product_code, r.kind, r.quantity, r.net_revenue, r.total, r.is_full, r.is_dated
        FROM refunds r LEFT JOIN order_lines l USING (line_id) LEFT JOIN products p ON p.product_id = l.product_id ORDER BY ALL""")
    assert rows == [
        ("2026-03-05 08:00:00", "CUP-1", "product", 1, 1_350, 1_607, False, True),
        ("2026-03-07 11:00:00", "CUP-1", "product", 1, 1_350, 1_606, True, True),
        ("2026-03-07 11:00:00", "Saucer", "product", 1, 1_800, 2_035, True, True),
        ("2026-03-07 11:00:00", None, "shipping", 0, 0, 583, True, True),
    ]
    assert shop.row("SELECT sum(r.total) = any_value(o.total), sum(r.net_revenue) = any_value(o.net_revenue) FROM refunds r, orders o") == (
        True,
        True,
    )


def test_a_refund_alone_is_an_event(shop: Loaded) -> None:
    assert shop.rows("SELECT kind, value FROM events ORDER BY kind") == [("order_completed", 5_831), ("order_refunded", 1_607)]


@pytest.mark.slow
@settings(deadline=None, max_examples=6)
@given(st.permutations(lifecycle()), st.integers(1, 4), st.integers(0, 4))
def test_any_order_of_deliveries_and_any_repetition_gives_the_same_facts(records: list[dict[str, Any]], cut: int, again: int) -> None:
    assert facts(loaded_in_turn(records[:cut], [*records[cut:], records[again]])) == facts(loaded_in_turn(lifecycle()))


def test_deliveries_in_reverse_give_the_same_facts(shop: Loaded) -> None:
    created, *later = lifecycle()
    assert facts(loaded_in_turn(later[::-1], [created])) == facts(shop)


def test_the_same_delivery_twice_changes_nothing(tmp_path: Path) -> None:
    loaded = Loaded()
    loaded.one("shopify", write(tmp_path / "a.jsonl", lifecycle()))
    before = facts(loaded)
    report = loaded.one("shopify", write(tmp_path / "b.jsonl", [*lifecycle(), *lifecycle()]))
    assert counts(report) == (10, 0, 10, 0)
    assert facts(loaded) == before


def test_an_older_delivery_never_overwrites(tmp_path: Path) -> None:
    loaded = Loaded()
    late = order(updated_at="2026-03-02T10:00:00Z", financial_status="paid", total_price="99.00")
    loaded.one("shopify", write(tmp_path / "a.jsonl", [delivery("orders/updated", late)]))
    report = loaded.one("shopify", write(tmp_path / "b.jsonl", [delivery("orders/create", order())]))
    assert counts(report)[1] == 0
    assert loaded.row("SELECT total, status FROM orders") == (9_900, "paid")


_EXPORT = {
    "Name": "#1001", "Email": "ada@example.com", "Financial Status": "paid", "Subtotal": "45.00", "Shipping": "4.90", "Taxes": "8.41", "Total": "58.31",
    "Currency": "EUR", "Discount Code": "SPRING", "Discount Amount": "5.00", "Created at": "2026-03-01 10:00:00 +0100", "Accepts Marketing": "yes",
    "Shipping Country": "DE", "Shipping Province": "SN", "Shipping City": "Leipzig", "Shipping Zip": "'04109", "Source": "web",
}  # fmt: skip


def export(path: Path, *, head: dict[str, str], lines: list[tuple[str, str, str, str]]) -> Path:
    rows: list[dict[str, str]] = []
    for place, (sku, name, quantity, price) in enumerate(lines):
        first = {} if place else head
        shared = {c: head[c] for c in ("Name", "Email", "Created at")}
        item = {"Lineitem sku": sku, "Lineitem name": name, "Lineitem quantity": quantity, "Lineitem price": price}
        rows.append({**first, **shared, **item, "Lineitem discount": "0.00"})
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(
            file, [*head, "Lineitem sku", "Lineitem name", "Lineitem quantity", "Lineitem price", "Lineitem discount"], restval=""
        )
        writer.writeheader()
        writer.writerows(rows)
    return path


_MONEY = "order_id, net_revenue, discount, tax, shipping, fees, total, units, line_count, coupon_code, country, region, city, postal_code, channel"
_LINES = [("CUP-1", "Cup - Blue", "2", "15.00"), ("", "Saucer", "1", "20.00")]


@pytest.mark.parametrize("included", [False, True])
def test_a_webhook_and_an_export_give_one_order_the_same_money(tmp_path: Path, *, included: bool) -> None:
    amounts = {"subtotal_price": "45.00", "total_tax": "7.97", "total_price": "49.90"} if included else {}
    cells = {"Subtotal": "45.00", "Taxes": "7.97", "Total": "49.90"} if included else {}
    told = delivery("orders/paid", order(financial_status="paid", taxes_included=included, updated_at="2026-03-01T09:30:00Z", **amounts))
    one, other, both = Loaded(), Loaded(), Loaded()
    hook = write(tmp_path / "hook.jsonl", [told])
    file = export(tmp_path / "orders.csv", head={**_EXPORT, **cells}, lines=_LINES)
    one.one("shopify", hook)
    other.one("shopify", file)
    assert one.rows(f"SELECT {_MONEY} FROM orders") == other.rows(f"SELECT {_MONEY} FROM orders")  # names of columns
    both.load("shopify", file, hook)
    assert both.row("SELECT count(*), any_value(updated_at)::VARCHAR FROM orders") == (1, "2026-03-01 09:30:00")
    by_line = "SELECT p.product_code, l.net_revenue FROM order_lines l JOIN products p USING (product_id) ORDER BY 1"
    assert one.rows(by_line) == [("CUP-1", 2_700 if not included else one.rows(by_line)[0][1]), ("Saucer", one.rows(by_line)[1][1])]
    assert sum(net for _, net in one.rows(by_line)) == one.row("SELECT net_revenue FROM orders")[0]
    both.resolve()
    assert both.row("SELECT count(*) FROM customers") == (1,)


def test_goods_money_and_carriage_of_a_refund_sum_up_to_what_was_paid(tmp_path: Path) -> None:
    """Ten euros of goodwill beyond the lines; a foreign currency; less paid than the lines were worth; lines taken out before payment."""
    goodwill = {**REFUND, "id": 1, "transactions": [{"kind": "refund", "status": "success", "amount": "26.07"}]}
    less = {**REFUND, "id": 2, "transactions": [{"kind": "refund", "status": "success", "amount": "10.00"}]}
    failed = {**REFUND, "id": 3, "transactions": [{"kind": "refund", "status": "failure", "amount": "16.07"}]}
    foreign = {**REFUND, "id": 4, "transactions": [{"kind": "refund", "status": "success", "amount": "17.50", "currency": "USD"}]}
    told = [
        ([goodwill], "32.24", [("adjustment", 0, 1_000), ("product", 1, 1_607)]),
        ([less], "48.31", [("product", 1, 1_000)]),
        ([failed], "58.31", [("product", 1, 0)]),
        ([foreign], "42.24", [("product", 1, 1_607)]),
        ([{**failed, "transactions": []}], "42.24", [("product", 1, 1_607)]),
    ]
    loaded, usual = Loaded(), {"financial_status": "partially_refunded"}
    orders = [order(**usual, name=f"#{n}", refunds=refunds, current_total_price=current) for n, (refunds, current, _) in enumerate(told)]
    loaded.one("shopify", write(tmp_path / "orders.jsonl", [delivery("orders/updated", one) for one in orders]))
    for number, (refunds, _, expected) in enumerate(told):
        found = loaded.rows(f"SELECT kind, quantity, total FROM refunds WHERE document_number = '#{number}' ORDER BY 1")
        assert found == expected, refunds


def test_a_test_order_and_an_unpaid_one_are_no_sales(tmp_path: Path) -> None:
    loaded = Loaded()
    records = [delivery("orders/create", order(name="#T", test=True, financial_status="paid")), delivery("orders/create", order())]
    loaded.one("shopify", write(tmp_path / "a.jsonl", records))
    assert loaded.rows("SELECT order_number, kind, status FROM orders ORDER BY 1") == [
        ("#1001", "unpaid", "pending"),
        ("#T", "unpaid", "test"),
    ]


CUSTOMER: dict[str, Any] = {
    "id": 706405506930370084, "email": "ada@example.com", "first_name": "Ada", "last_name": "Byron", "phone": "+493415550199", "tags": "vip", "note": "likes blue",
    "created_at": "2026-02-01T10:00:00Z", "updated_at": "2026-03-01T10:00:00Z", "verified_email": True,
    "default_address": {"city": "Leipzig", "zip": "04109", "country_code": "DE", "province_code": "SN"},
    "email_marketing_consent": {"state": "subscribed", "opt_in_level": "confirmed_opt_in", "consent_updated_at": "2026-02-01T10:00:00Z"},
    "sms_marketing_consent": {"state": "not_subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": None},
}  # fmt: skip


def test_customers_come_with_dated_consents(tmp_path: Path) -> None:
    loaded = Loaded()
    mixed = [delivery("customers/update", CUSTOMER), *lifecycle()]
    assert counts(loaded.one("shopify", write(tmp_path / "a.jsonl", mixed)))[3] == 0
    where = "WHERE method <> 'checkout'"
    assert loaded.rows(f"SELECT channel, status, occurred_at::VARCHAR, is_dated, method FROM consents {where} ORDER BY 1") == [
        ("email", "granted", "2026-02-01 10:00:00", True, "double_opt_in"),
        ("sms", "denied", "2026-03-01 10:00:00", False, "single_opt_in"),
    ]
    loaded.resolve()
    assert loaded.row("SELECT count(*), any_value(first_name), any_value(city), any_value(country) FROM customers") == (
        1,
        "Ada",
        "Leipzig",
        "DE",
    )
    traits = json.loads(loaded.row("SELECT traits FROM profiles WHERE traits IS NOT NULL")[0])
    assert traits["note"] == "likes blue"
    assert "email" not in traits


def test_a_consent_that_is_withdrawn_meets_the_customer(tmp_path: Path) -> None:
    loaded = Loaded()
    email = {
        "customer_id": 706405506930370084, "email_address": "ada@example.com",
        "email_marketing_consent": {"state": "unsubscribed", "opt_in_level": "single_opt_in", "consent_updated_at": "2026-03-09T10:00:00Z"},
    }  # fmt: skip
    sms = {
        "id": 706405506930370084, "phone": "+493415550199",
        "sms_marketing_consent": {"state": "subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": "2026-03-10T10:00:00Z"},
    }  # fmt: skip
    records = [
        delivery("customers/create", CUSTOMER),
        delivery("customers_email_marketing_consent/update", email),
        delivery("customers_marketing_consent/update", sms),
    ]
    loaded.one("shopify", write(tmp_path / "a.jsonl", records))
    loaded.resolve()
    rows = loaded.rows("SELECT channel, status, occurred_at::VARCHAR FROM consents WHERE is_dated ORDER BY occurred_at")
    assert rows == [
        ("email", "granted", "2026-02-01 10:00:00"),
        ("email", "withdrawn", "2026-03-09 10:00:00"),
        ("sms", "granted", "2026-03-10 10:00:00"),
    ]
    assert loaded.row("SELECT count(DISTINCT customer_id), bool_and(customer_id IS NOT NULL) FROM consents") == (1, True)


CART: dict[str, Any] = {
    "id": "c1c1c1", "token": "c1c1c1", "created_at": "2026-03-01T08:00:00Z", "updated_at": "2026-03-01T08:10:00Z", "line_items": [
        {"id": 1, "sku": "CUP-1", "title": "Cup", "variant_title": "Blue", "quantity": 2, "price": "15.00", "line_price": "30.00"},
        {"id": 2, "sku": "", "title": "Saucer", "variant_title": None, "quantity": 1, "price": "20.00", "line_price": "20.00"},
    ],
}  # fmt: skip
CHECKOUT: dict[str, Any] = {
    "id": 99, "token": "ch1", "cart_token": "c1c1c1?key=abc", "email": "ada@example.com", "created_at": "2026-03-01T08:20:00Z",
    "updated_at": "2026-03-01T08:21:00Z", "currency": "EUR", "total_price": "58.31", "line_items": CART["line_items"],
}  # fmt: skip


def test_a_cart_a_checkout_and_an_order_are_one_persons_visit(tmp_path: Path) -> None:
    loaded = Loaded()
    again = {**CART, "updated_at": "2026-03-01T08:15:00Z"}
    records = [
        delivery("carts/create", CART),
        delivery("carts/update", again),
        delivery("checkouts/create", {**CHECKOUT, "email": None}),
        delivery("checkouts/update", CHECKOUT),
        delivery("orders/create", order()),
    ]
    assert counts(loaded.one("shopify", write(tmp_path / "a.jsonl", records)))[3] == 0
    loaded.resolve()
    assert loaded.rows("SELECT kind, strftime(occurred_at, '%H:%M'), value FROM events ORDER BY occurred_at, kind, value") == [
        ("product_added", "08:00", 1_500),
        ("product_added", "08:00", 2_000),
        ("cart_updated", "08:10", 5_000),
        ("cart_updated", "08:15", 5_000),
        ("checkout_started", "08:20", 5_831),
        ("checkout_updated", "08:21", 5_831),
        ("order_completed", "09:00", 5_831),
    ]
    assert loaded.row("SELECT count(DISTINCT session_id), count(DISTINCT customer_id), count(customer_id) FROM events") == (1, 1, 7)
    added = loaded.rows("SELECT p.product_code FROM events e JOIN products p USING (product_id) WHERE e.kind = 'product_added' ORDER BY 1")
    assert added == [("CUP-1",), ("Saucer",)]


def test_products_meet_the_lines_that_sold_them(tmp_path: Path) -> None:
    loaded = Loaded()
    product = {
        "id": 1, "title": "Cup", "vendor": "Acme", "product_type": "Kitchen", "status": "active", "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-02-01T00:00:00Z", "variants": [{"id": 2, "title": "Blue", "sku": "CUP-1", "price": "16.00"}, {"id": 3, "title": "Red", "sku": "", "price": "17.00"}],
    }  # fmt: skip
    loaded.one("shopify", write(tmp_path / "a.jsonl", [delivery("products/update", product), delivery("orders/create", order())]))
    rows = loaded.rows("SELECT product_code, name, category, brand, price, is_active FROM products WHERE category IS NOT NULL ORDER BY 1")
    assert [(*r[:4], float(r[4]), r[5]) for r in rows] == [
        ("CUP-1", "Cup", "Kitchen", "Acme", 16.0, True),
        ("Cup - Red", "Cup", "Kitchen", "Acme", 17.0, True),
    ]
    assert loaded.row("SELECT count(*) FROM order_lines JOIN products USING (product_id) WHERE category = 'Kitchen'") == (1,)


def test_privacy_topics_and_unknown_ones_are_kept_as_events(tmp_path: Path) -> None:
    loaded = Loaded()
    redact = {
        "shop_id": 954889, "shop_domain": "cups.example", "orders_to_redact": [299938],
        "customer": {"id": 706405506930370084, "email": "ada@example.com", "phone": "555-625-1199"},
    }  # fmt: skip
    records = [
        delivery("customers/redact", redact),
        delivery("customers/delete", {"id": 706405506930370084, "phone": "+493415550199", "addresses": []}),
        delivery("shop/redact", {"shop_id": 954889, "shop_domain": "cups.example"}),
        delivery("app/uninstalled", {"id": 1, "email": "owner@example.com"}),
        delivery("customers/update", {"id": 706405506930370084, "updated_at": "2026-03-01T10:00:00Z"}),
    ]
    assert counts(loaded.one("shopify", write(tmp_path / "a.jsonl", records)))[3] == 0
    kinds = [k for (k,) in loaded.rows("SELECT kind FROM events ORDER BY 1")]
    assert kinds == [f"shopify_{k}" for k in ("app_uninstalled", "customers_delete", "customers_redact", "customers_update", "shop_redact")]
    (said,) = loaded.row("SELECT properties FROM events WHERE kind = 'shopify_customers_redact'")
    assert json.loads(said) == {key: value for key, value in redact.items() if key != "customer"}
    loaded.resolve()
    assert loaded.row("SELECT count(*), count(customer_id) FROM events WHERE kind = 'shopify_customers_redact'") == (1, 0)
    asked = loaded.rows("SELECT kind FROM forgotten JOIN identifiers USING (identifier_id)")
    assert loaded.row("SELECT count(*) FROM forgotten") == (4,)  # by number, address and two phones
    assert asked == []  # all that was told of the customer was before that


def test_a_payload_that_cannot_be_used_is_refused_with_every_reason(tmp_path: Path) -> None:
    loaded = Loaded()
    broken = {**ORDER, "name": None, "created_at": "yesterday", "total_price": "much", "currency": "EURO"}
    line = {**ORDER["line_items"][0], "price": "-1"}
    records = [
        delivery("orders/create", broken),
        delivery("orders/create", order(line_items=[line])),
        {"topic": "orders/create", "payload": [1]},
        delivery("orders/create", order()),
    ]
    report = loaded.one("shopify", write(tmp_path / "a.jsonl", records))
    assert (report.read, report.refused) == (4, 3)
    told = "\n".join(problems(report))
    for column in ("payload.name", "payload.created_at", "payload.total_price", "payload.currency", "payload.line_items", "'payload'"):
        assert column in told, told
    assert loaded.row("SELECT count(*) FROM orders") == (1,)
