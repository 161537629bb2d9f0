from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sources.loaded import Loaded, counts, problems
from sources.webhooks import write

if TYPE_CHECKING:
    from pathlib import Path

_BILLING = {"first_name": "Jo", "last_name": "Doe", "email": "jo@example.com", "phone": "+15555550100", "country": "US", "city": "Reno"}
_NOTES = [
    {"key": "_wc_order_attribution_utm_source", "value": "news"},
    {"key": "_other", "value": {"a": 1.5}},
    {"key": "_other", "value": ""},
    {"key": "_third"},
]
_ORDER: dict[str, Any] = {
    "id": 727, "number": "727", "created_via": "checkout", "status": "pending", "currency": "USD", "customer_id": 26,
    "date_created": "2026-03-22T16:28:02", "date_created_gmt": "2026-03-22T19:28:02", "date_modified_gmt": "2026-03-22T19:28:08",
    "date_paid_gmt": None, "date_completed_gmt": None, "discount_total": "2.50", "shipping_total": "10.00", "total_tax": "1.35", "total": "37.85",
    "billing": _BILLING, "shipping": {"country": "US", "city": "Reno"}, "meta_data": _NOTES, "coupon_lines": [{"id": 1, "code": "welcome"}], "refunds": [],
    "line_items": [
        {"id": 315, "name": "Cup", "product_id": 93, "variation_id": 0, "quantity": 2, "sku": "", "subtotal": "9.00", "total": "6.50", "total_tax": "0.45"},
        {"id": 316, "name": "Hat", "product_id": 22, "variation_id": 23, "quantity": 1, "sku": "Bar3", "subtotal": "20.00", "total": "20.00", "total_tax": "0.90"},
    ],
}  # fmt: skip
_PAID = {**_ORDER, "status": "processing", "date_paid_gmt": "2026-03-22T19:30:00", "date_modified_gmt": "2026-03-22T19:30:00"}
_REFUNDED = {**_PAID, "date_modified_gmt": "2026-03-24T10:00:00", "refunds": [{"id": 9, "total": "-5.00"}]}
_CANCELLED = {**_REFUNDED, "status": "cancelled", "date_modified_gmt": "2026-03-25T10:00:00", "refunds": [{"id": 9, "total": "-37.85"}]}
_CUSTOMER = {
    "id": 26, "email": "jo@example.com", "first_name": "Jo", "last_name": "Doe", "is_paying_customer": True, "date_created_gmt": "2026-01-01T00:00:00",
    "date_modified_gmt": "2026-03-22T19:00:00", "billing": _BILLING,
}  # fmt: skip
_PRODUCT = {
    "id": 22, "sku": "Bar3", "name": "Hat", "status": "publish", "regular_price": "20.00", "price": "20.00", "permalink": "https://x.example/hat",
    "categories": [{"id": 1, "name": "Hats"}], "date_created_gmt": "2026-01-01T00:00:00", "date_modified_gmt": "2026-02-01T00:00:00",
}  # fmt: skip
_TABLES = ("orders", "order_lines", "refunds", "events", "identifiers", "links", "profiles", "listings", "documents")


def told(topic: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {"topic": topic, "shop": "https://x.example/", "webhook_id": "d1", "received_at": "2026-03-26T00:00:00Z", "payload": payload}


def deliveries() -> list[dict[str, Any]]:
    orders = [told("order.created" if one is _ORDER else "order.updated", one) for one in (_ORDER, _PAID, _REFUNDED, _CANCELLED)]
    return [
        told("customer.updated", _CUSTOMER),
        told("product.updated", _PRODUCT),
        told("coupon.created", {"id": 3, "code": "welcome"}),
        *orders,
    ]


def facts(loaded: Loaded) -> list[list[Any]]:
    return [loaded.rows(f"SELECT * FROM {t} ORDER BY ALL") for t in _TABLES]  # names of tables


def test_a_mixture_of_topics_becomes_what_the_objects_become_as_files(tmp_path: Path) -> None:
    one, other = Loaded(), Loaded()
    report = one.one("woocommerce", write(tmp_path / "hooks.jsonl", deliveries()))
    assert (report.layout, counts(report)[3], problems(report)) == ("WooCommerce webhooks", 0, [])
    for name, objects in (("orders", [_ORDER, _PAID, _REFUNDED, _CANCELLED]), ("customers", [_CUSTOMER]), ("products", [_PRODUCT])):
        other.one("woocommerce", write(tmp_path / f"{name}.jsonl", objects))
    assert one.rows("SELECT kind FROM events") == [("woocommerce_coupon_created",)]
    for table, hooks, files in zip(_TABLES, facts(one), facts(other), strict=True):
        assert hooks == files or table == "events", table
    assert one.row("SELECT net_revenue, tax, shipping, total, status FROM orders") == (2_650, 135, 1_000, 3_785, "cancelled")


def test_deliveries_in_reverse_and_twice_give_the_same_facts(tmp_path: Path) -> None:
    one, other = Loaded(), Loaded()
    one.one("woocommerce", write(tmp_path / "a.jsonl", deliveries()))
    reverse = deliveries()[::-1]
    other.load("woocommerce", write(tmp_path / "b.jsonl", reverse[:3]), write(tmp_path / "c.jsonl", [*reverse, *reverse[:1]]))
    assert facts(one) == facts(other)


def test_an_order_that_cannot_be_used_is_refused_and_a_deleted_one_is_told(tmp_path: Path) -> None:
    loaded = Loaded()
    broken = {**_ORDER, "number": "728", "currency": "DOLLAR", "total": ""}
    report = loaded.one(
        "woocommerce",
        write(tmp_path / "a.jsonl", [told("order.updated", broken), told("order.deleted", {"id": 5}), told("order.updated", _ORDER)]),
    )
    assert (report.refused, loaded.rows("SELECT kind FROM events"), loaded.rows("SELECT order_number FROM orders")) == (
        1, [("woocommerce_order_deleted",)], [("727",)],
    )  # fmt: skip
    assert "payload.currency" in "".join(problems(report))
    assert "payload.total" in "".join(problems(report))
