"""Orders of shop systems in which one thing or another is unusual, and which are read all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sources.webhooks import ORDER, REFUND, delivery, lifecycle, order

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CUP, _SAUCER = ORDER["line_items"]
_OF_ORDER: tuple[Mapping[str, Any], ...] = (
    {"taxes_included": True}, {"test": True}, {"currency": "JPY"}, {"currency": "kwd"}, {"customer": None}, {"email": None, "contact_email": ""},
    {"line_items": []}, {"shipping_lines": None}, {"discount_codes": [], "total_discounts": 5}, {"fulfillments": [{"created_at": "2026-03-02T10:00:00Z"}, {}]},
    {"landing_site": "/?utm_source=Grüße&utm_campaign="}, {"total_price": 58.31}, {"total_price": "58.31", "current_total_price": None},
    {"financial_status": "voided", "cancelled_at": "2026-03-02T10:00:00Z"}, {"note": 'a\nb \u001f "quoted" \\ /', "tags": {"a": [1.50, 1e-7, -0]}},
)  # fmt: skip
_OF_LINE: tuple[Mapping[str, Any], ...] = (
    {"sku": ""}, {"sku": None, "name": None}, {"sku": " T-1 "}, {"price": 12.5}, {"price": "0.005"}, {"price": ""}, {"quantity": "2"}, {"quantity": 0},
    {"discount_allocations": [], "total_discount": "1.25"}, {"discount_allocations": None}, {"discount_allocations": [{"amount": "x"}, {}, None, {"amount": 0.1}]},
    {"tax_lines": []}, {"tax_lines": [{"price": None}, {"price": "1.999"}]}, {"vendor": "日本"}, {"title": "x" * 300},
)  # fmt: skip
_OF_REFUND: tuple[Mapping[str, Any], ...] = (
    {"transactions": []}, {"transactions": [{"kind": "refund", "status": "success", "amount": "16.07", "currency": "USD"}]},
    {"transactions": [{"kind": "refund", "status": "failure", "amount": "16.07"}, {"kind": "sale", "amount": "1"}, {"kind": "REFUND", "amount": 3.5}]},
    {"refund_line_items": []}, {"refund_line_items": [{"line_item_id": 5, "quantity": 9, "subtotal": "999.99"}, {}]}, {"processed_at": None},
    {"order_adjustments": [{"kind": "shipping_refund", "amount": "-4.90"}, {"kind": "refund_discrepancy", "amount": "1"}]}, {"id": None, "created_at": None},
)  # fmt: skip


def _orders() -> Iterator[dict[str, Any]]:
    yield from ({**order(), **values} for values in _OF_ORDER)
    yield from (order(line_items=[{**_CUP, **values}, _SAUCER]) for values in _OF_LINE)
    yield from (order(refunds=[{**REFUND, **values}], current_total_price="42.24") for values in _OF_REFUND)
    yield order(refunds=[REFUND, {**REFUND, "id": 7, "processed_at": "2026-03-06T09:00:00Z"}])


def shopify() -> list[dict[str, Any]]:
    """Deliveries of such orders, each with a number of its own, and those of one that is created, paid, given back and called off."""
    odd = [{**one, "id": number, "name": f"#{number}"} for number, one in enumerate(_orders(), 2_000)]
    return [*lifecycle(), *(delivery("orders/updated", one) for one in odd)]
