"""Payloads in the form that Shopify documents, with values of our own, and files of deliveries."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ORDER_ID = 820982911946154508
_ADDRESS = {
    "name": "Ada Byron", "city": "Leipzig", "zip": "04109", "province": None, "province_code": "SN", "country": "Germany",
    "country_code": "DE", "phone": "+49 341 5550199",
}  # fmt: skip
ORDER: dict[str, Any] = {
    "id": ORDER_ID, "name": "#1001", "order_number": 1001, "email": "ada@example.com", "contact_email": "ada@example.com", "phone": None,
    "created_at": "2026-03-01T10:00:00+01:00", "updated_at": "2026-03-01T10:00:00+01:00", "cancelled_at": None, "closed_at": None,
    "currency": "EUR", "financial_status": "pending", "fulfillment_status": None, "taxes_included": False, "test": False,
    "total_price": "58.31", "current_total_price": "58.31", "subtotal_price": "45.00", "total_tax": "8.41", "total_discounts": "5.00",
    "discount_codes": [{"code": "SPRING", "amount": "5.00", "type": "fixed_amount"}], "source_name": "web", "buyer_accepts_marketing": True,
    "cart_token": "c1c1c1?key=abc", "checkout_token": "ch1", "landing_site": "/?utm_source=news&utm_medium=email", "customer": {
        "id": 706405506930370084, "email": "ada@example.com", "phone": None, "first_name": "Ada", "last_name": "Byron",
    },
    "billing_address": _ADDRESS, "shipping_address": _ADDRESS,
    "line_items": [
        {
            "id": 866550311766439020, "sku": "CUP-1", "name": "Cup - Blue", "title": "Cup", "variant_title": "Blue", "quantity": 2, "price": "15.00",
            "total_discount": "0.00", "discount_allocations": [{"amount": "3.00"}], "tax_lines": [{"price": "5.13", "rate": 0.19}], "vendor": "Acme",
        },
        {
            "id": 141249953214522974, "sku": None, "name": "Saucer", "title": "Saucer", "variant_title": None, "quantity": 1, "price": "20.00",
            "total_discount": "0.00", "discount_allocations": [{"amount": "2.00"}], "tax_lines": [{"price": "2.35", "rate": 0.19}], "vendor": "Acme",
        },
    ],
    "shipping_lines": [{"id": 1, "price": "4.90", "discounted_price": "4.90", "title": "Parcel"}],
    "fulfillments": [], "refunds": [],
}  # fmt: skip
REFUND: dict[str, Any] = {
    "id": 509562969, "order_id": ORDER_ID, "created_at": "2026-03-05T09:00:00+01:00", "processed_at": "2026-03-05T09:00:00+01:00",
    "refund_line_items": [
        {
            "id": 104689539, "line_item_id": 866550311766439020, "quantity": 1, "subtotal": 13.5, "total_tax": 2.57,
            "line_item": {"id": 866550311766439020, "sku": "CUP-1", "name": "Cup - Blue"},
        },
    ],
    "transactions": [{"id": 179259969, "kind": "refund", "status": "success", "amount": "16.07", "currency": "EUR"}],
    "order_adjustments": [],
}  # fmt: skip


def order(base: dict[str, Any] = ORDER, /, **values: Any) -> dict[str, Any]:
    return {**deepcopy(base), **values}


def delivery(topic: str, payload: dict[str, Any], **values: Any) -> dict[str, Any]:
    usual = {"topic": topic, "shop": "cups.example", "webhook_id": "w-1", "triggered_at": "2026-03-01T09:00:05Z"}
    return {**usual, **values, "payload": payload}


def write(path: Path, records: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    return path


def lifecycle() -> list[dict[str, Any]]:
    """Created, paid, one cup given back, then called off with the rest given back."""
    paid = order(financial_status="paid", updated_at="2026-03-01T10:05:00+01:00")
    refunded = order(
        paid,
        financial_status="partially_refunded",
        updated_at="2026-03-05T09:00:01+01:00",
        refunds=[REFUND],
        current_total_price="42.24",
    )
    rest = {
        "id": 509562970, "order_id": ORDER_ID, "created_at": "2026-03-07T12:00:00+01:00", "processed_at": "2026-03-07T12:00:00+01:00",
        "refund_line_items": [
            {"id": 104689540, "line_item_id": 866550311766439020, "quantity": 1, "subtotal": 13.5, "total_tax": 2.56},
            {"id": 104689541, "line_item_id": 141249953214522974, "quantity": 1, "subtotal": 18.0, "total_tax": 2.35},
        ],
        "transactions": [{"id": 2, "kind": "refund", "status": "success", "amount": "42.24", "currency": "EUR"}],
        "order_adjustments": [{"id": 1, "amount": "-4.90", "tax_amount": "-0.93", "kind": "shipping_refund"}],
    }  # fmt: skip
    cancelled = order(
        refunded,
        financial_status="refunded",
        cancelled_at="2026-03-07T12:00:00+01:00",
        updated_at="2026-03-07T12:00:01+01:00",
        refunds=[REFUND, rest],
        current_total_price="0.00",
    )
    return [
        delivery("orders/create", order(), webhook_id="w-1"),
        delivery("orders/paid", paid, webhook_id="w-2", triggered_at="2026-03-01T09:05:01Z"),
        delivery("refunds/create", REFUND, webhook_id="w-3", triggered_at="2026-03-05T08:00:02Z"),
        delivery("orders/updated", refunded, webhook_id="w-4", triggered_at="2026-03-05T08:00:02Z"),
        delivery("orders/cancelled", cancelled, webhook_id="w-5", triggered_at="2026-03-07T11:00:02Z"),
    ]
