"""An order as Shopify tells of it, for benchmarks."""

from __future__ import annotations

from typing import Any

_ADDRESS = {"name": "Ada Byron", "city": "Leipzig", "zip": "04109", "province_code": "SN", "country_code": "DE"}


def delivery(number: int, at: str) -> dict[str, Any]:
    """One that was just placed, with two lines: its number, and when that was."""
    lines = [
        {
            "id": 10 * number + place, "sku": f"p{place}", "name": f"Cup {place}", "title": "Cup", "quantity": 1, "price": "20.00",
            "vendor": "Acme", "total_discount": "0.00", "discount_allocations": [{"amount": "1.00"}],
            "tax_lines": [{"price": "3.61", "rate": 0.19}],
        }
        for place in (1, 2)
    ]  # fmt: skip
    order = {
        "id": number, "name": f"#{number}", "email": f"{number}@example.com", "contact_email": f"{number}@example.com", "phone": None,
        "created_at": at, "updated_at": at, "cancelled_at": None, "currency": "EUR", "financial_status": "paid", "fulfillment_status": None,
        "taxes_included": False, "test": False, "total_price": "51.05", "current_total_price": "51.05", "subtotal_price": "38.00",
        "total_tax": "8.15", "total_discounts": "2.00", "discount_codes": [], "source_name": "web", "buyer_accepts_marketing": True,
        "cart_token": f"cart-{number}", "checkout_token": f"checkout-{number}", "landing_site": "/?utm_source=news&utm_medium=email",
        "customer": {"id": number, "email": f"{number}@example.com", "phone": None, "first_name": "Ada", "last_name": "Byron"},
        "billing_address": _ADDRESS, "shipping_address": _ADDRESS, "line_items": lines, "fulfillments": [], "refunds": [],
        "shipping_lines": [{"id": 1, "price": "4.90", "discounted_price": "4.90", "title": "Parcel"}],
    }  # fmt: skip
    return {"topic": "orders/create", "shop": "cups.example", "webhook_id": f"w-{number}", "triggered_at": at, "payload": order}
