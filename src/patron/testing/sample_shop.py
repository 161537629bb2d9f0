"""The sample shop: a tea house with 48 people over three years, each made to show something, small enough to check by eye.

The files stand in `examples/shop`, as a shop would export them. Here they become facts without any source, so that a test of a feature or
segment fails for its own reasons only. Everybody has a name; `customer("Ana")` is her id.
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patron.facts.as_of import DETAILS, PREDICTIONS, Facts
from patron.facts.shop import Shop
from patron.kernel.ids import derived
from patron.kernel.money import Currency
from patron.testing.tiny import customer, tiny_shop

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from patron.adapters.engines.duckdb import DuckDBEngine

    Row = dict[str, str]
    Rows = dict[str, list[dict[str, Any]]]

FOLDER = Path(__file__).resolve().parents[3] / "examples" / "shop"
AS_OF = datetime(2024, 7, 1, tzinfo=UTC)
"""The instant for which the answers in the golden files were worked out."""
SHOP = Shop(name="The Tea House", currency=Currency("EUR"), country="DE")


def sample_shop(folder: Path = FOLDER, *, without: frozenset[str] = frozenset()) -> DuckDBEngine:
    """An engine in memory that holds the facts of the sample shop.

    Args:
        folder: where the files are.
        without: fact tables to leave empty, as in a shop that does not have them yet.
    """
    return tiny_shop({table: rows for table, rows in sample_rows(folder).items() if table not in without})


def sample_facts(*, without: frozenset[str] = frozenset()) -> Facts:
    """The facts of the sample shop as of `AS_OF`."""
    known = frozenset({*_TABLES, *DETAILS, PREDICTIONS}) - without
    return Facts(shop=SHOP, as_of=AS_OF, known=known, costed=True)


def names(folder: Path = FOLDER) -> Mapping[int, str]:
    """Customer id to name of everybody in the sample shop."""
    return {customer(r["first_name"]): r["first_name"] for r in _read(folder, "customers")}


def sample_rows(folder: Path = FOLDER) -> Rows:
    """The rows of each fact table, worked out from the files."""
    return {table: list(make(folder)) for table, make in _TABLES.items()}


def _customers(folder: Path) -> Iterator[dict[str, Any]]:
    for r in _read(folder, "customers"):
        yield {
            "customer_id": customer(r["first_name"]), "customer_number": r["customer_id"], "first_seen_at": r["created_at"],
            "created_at": r["created_at"], "email": r["email"], "first_name": r["first_name"], "gender": r["gender"],
            "birth_on": r["birth_date"] or None, "country": r["country"], "city": r["city"],
        }  # fmt: skip


def _products(folder: Path) -> Iterator[dict[str, Any]]:
    for r in _read(folder, "products"):
        yield {
            "product_id": _product(r["sku"]), "product_code": r["sku"], "name": r["name"], "category": r["category"],
            "category_path": r["category"], "price": r["price"], "cost": r["cost"], "currency": r["currency"],
            "launched_at": r["launched_at"], "is_active": True,
        }  # fmt: skip


def _lines(folder: Path) -> Iterator[dict[str, Any]]:
    costs = {r["sku"]: _minor(r["cost"]) for r in _read(folder, "products")}
    for number, r in enumerate(_read(folder, "order_lines"), 1):
        units, discount = int(r["quantity"]), _minor(r["discount"])
        yield {
            "line_id": number, "order_id": int(r["order_id"]), "customer_id": _person(r), "product_id": _product(r["sku"]),
            "ordered_at": r["ordered_at"], "quantity": units, "unit_price": r["unit_price"], "list_price": r["unit_price"],
            "currency": r["currency"], "net_revenue": units * _minor(r["unit_price"]) - discount, "discount": discount,
            "coupon_discount": discount if r["coupon"] else 0, "cost": units * costs[r["sku"]],
        }  # fmt: skip


def _orders(folder: Path) -> Iterator[dict[str, Any]]:
    called_off = {r["order_id"]: r["refunded_at"] for r in _read(folder, "refunds") if r["whole_order"] == "yes"}
    heads = {r["order_id"]: r for r in _read(folder, "order_lines")}
    lines = list(_lines(folder))
    for number, r in heads.items():
        own = [line for line in lines if line["order_id"] == int(number)]
        sums = {c: sum(line[c] for line in own) for c in ("net_revenue", "discount", "coupon_discount", "cost")}
        yield {
            "order_id": int(number), "order_number": number, "customer_id": _person(r), "buyer_id": _person(r),
            "ordered_at": r["ordered_at"], "status": "cancelled" if number in called_off else "paid",
            "cancelled_at": called_off.get(number), "currency": r["currency"],
            **sums, "total": sums["net_revenue"], "units": sum(line["quantity"] for line in own), "line_count": len(own),
            "coupon_code": r["coupon"] or None, "country": r["country"], "channel": "web",
        }  # fmt: skip


def _refunds(folder: Path) -> Iterator[dict[str, Any]]:
    heads = {r["order_id"]: r for r in _read(folder, "order_lines")}
    for number, r in enumerate(_read(folder, "refunds"), 1):
        yield {
            "refund_id": number, "document_number": r["refund_id"], "order_id": int(r["order_id"]),
            "customer_id": _person(heads[r["order_id"]]), "product_id": _product(r["sku"]), "refunded_at": r["refunded_at"],
            "is_full": r["whole_order"] == "yes",
            "quantity": r["quantity"], "currency": r["currency"], "net_revenue": _minor(r["amount"]), "total": _minor(r["amount"]),
        }  # fmt: skip


def _events(folder: Path) -> Iterator[dict[str, Any]]:
    for r in _read(folder, "events"):
        yield {
            "event_id": int(r["event_id"]), "customer_id": _person(r), "kind": r["event"], "occurred_at": r["occurred_at"],
            "session_id": derived("session", r["session_id"]), "channel": r["channel"], "category": r["category"] or None,
            "product_id": _product(r["sku"]) if r["sku"] else None, "quantity": r["quantity"] or None,
            "value": _minor(r["value"]) if r["value"] else None, "currency": r["currency"] or None,
        }  # fmt: skip


def _messages(folder: Path) -> Iterator[dict[str, Any]]:
    for r in _read(folder, "messages"):
        yield {
            "message_id": int(r["message_id"]), "customer_id": _person(r), "channel": r["channel"], "purpose": r["purpose"],
            "campaign_name": r["campaign"], "sent_at": r["sent_at"], "opened_at": r["opened_at"] or None,
            "clicked_at": r["clicked_at"] or None, "unsubscribed_at": r["unsubscribed_at"] or None,
        }  # fmt: skip


def _consents(folder: Path) -> Iterator[dict[str, Any]]:
    for r in _read(folder, "consents"):
        yield {
            "customer_id": _person(r), "person_id": _person(r), "channel": r["channel"], "purpose": r["purpose"], "status": r["status"],
            "occurred_at": r["occurred_at"], "method": r["method"],
        }  # fmt: skip


def _redemptions(folder: Path) -> Iterator[dict[str, Any]]:
    for r in _read(folder, "redemptions"):
        yield {"customer_id": _person(r), "person_id": _person(r), "coupon_code": r["coupon"], "redeemed_at": r["redeemed_at"]}


def _reviews(folder: Path) -> Iterator[dict[str, Any]]:
    for r in _read(folder, "reviews"):
        yield {
            "review_id": int(r["review_id"]), "customer_id": _person(r), "product_id": _product(r["sku"]), "rating": float(r["rating"]),
            "is_recommended": r["recommended"] == "yes", "title": r["title"], "body": r["body"], "reviewed_at": r["reviewed_at"],
        }  # fmt: skip


def _tickets(folder: Path) -> Iterator[dict[str, Any]]:
    for r in _read(folder, "tickets"):
        yield {
            "ticket_id": int(r["ticket_id"]), "customer_id": _person(r), "channel": r["channel"], "topic": r["topic"],
            "opened_at": r["opened_at"], "closed_at": r["closed_at"] or None, "satisfaction": float(r["satisfaction"]),
        }  # fmt: skip


def _list_members(folder: Path) -> Iterator[dict[str, Any]]:
    for r in _read(folder, "hand_picked"):
        yield {"list_name": "hand_picked", "customer_id": _person(r), "added_at": r["added_at"]}


_TABLES = {
    "customers": _customers, "products": _products, "orders": _orders, "order_lines": _lines, "refunds": _refunds, "events": _events,
    "messages": _messages, "consents": _consents, "redemptions": _redemptions, "reviews": _reviews, "tickets": _tickets,
    "list_members": _list_members,
}  # fmt: skip


def _read(folder: Path, name: str) -> list[Row]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _person(row: Row) -> int:
    """Everybody's address is the name at example.com."""
    return customer(row["email"].partition("@")[0].capitalize())


def _product(sku: str) -> int:
    return derived("product", sku)


def _minor(amount: str) -> int:
    return int(Decimal(amount) * 100)
