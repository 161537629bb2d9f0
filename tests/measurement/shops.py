"""Shops that can be checked by eye, and made-up ones for properties."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from patron.app.report.answers import Answers
from patron.facts.as_of import Facts
from patron.facts.shop import Shop
from patron.kernel.money import Currency
from patron.testing.tiny import customer, tiny_shop

if TYPE_CHECKING:
    from patron.kernel.time import Calendar

    Rows = dict[str, list[dict[str, Any]]]

KNOWN = frozenset({"orders", "order_lines", "refunds", "customers", "products"})


def answers(rows: Rows, as_of: str, *, calendar: Calendar | None = None, margin_rate: float | None = None, costed: bool = False) -> Answers:
    shop = Shop(currency=Currency("GBP"), margin_rate=margin_rate)
    if calendar:
        shop = Shop(currency=Currency("GBP"), margin_rate=margin_rate, calendar=calendar)
    instant = datetime.fromisoformat(as_of).replace(tzinfo=UTC)
    made = Answers(tiny_shop(rows), Facts(shop, instant, KNOWN, costed=costed))
    made.prepare()
    return made


def order(number: int, who: str | None, at: str, net: int, **more: object) -> dict[str, Any]:
    return {
        "order_id": number,
        "order_number": str(number),
        "customer_id": who and customer(who),
        "ordered_at": at,
        "net_revenue": net,
        **more,
    }


def line(number: int, of: dict[str, Any], product: int, net: int, **more: object) -> dict[str, Any]:
    return {
        "line_id": number,
        "order_id": of["order_id"],
        "customer_id": of["customer_id"],
        "product_id": product,
        "ordered_at": of["ordered_at"],
        "quantity": 1,
        "net_revenue": net,
        **more,
    }


def refund(number: int, of: int | None, who: str | None, at: str, net: int, **more: object) -> dict[str, Any]:
    return {
        "refund_id": number,
        "document_number": f"C{number}",
        "order_id": of,
        "customer_id": who and customer(who),
        "refunded_at": at,
        "net_revenue": net,
        **more,
    }


def _instants(low: str = "2023-01-01", high: str = "2024-12-31") -> st.SearchStrategy[str]:
    return st.datetimes(datetime.fromisoformat(low), datetime.fromisoformat(high)).map(lambda at: at.isoformat(" ", "seconds"))


@st.composite
def shops(draw: st.DrawFn) -> Rows:
    """Orders of a few customers and guests with one line each, some called off, some given back, some whose order is not known."""
    people = st.sampled_from([None, "Ada", "Bob", "Cleo", "Dan"])
    orders, lines, refunds = [], [], []
    for number in range(1, draw(st.integers(0, 25)) + 1):
        at = draw(_instants())
        kind = draw(st.sampled_from(["sale", "sale", "sale", "unpaid", "adjustment"]))
        made = order(number, draw(people), at, draw(st.integers(0, 50_000)), kind=kind, country=draw(st.sampled_from([None, "GB", "FR"])))
        if draw(st.booleans()) and kind == "sale":
            back = draw(_instants())
            share = draw(st.sampled_from([2, 1]))
            amount = made["net_revenue"] // share
            refunds.append(refund(number, draw(st.sampled_from([number, None])), _name(made), max(at, back), amount, product_id=number % 3))
            made["cancelled_at"] = max(at, back) if share == 1 else None
        orders.append(made)
        lines.append(line(number, made, number % 3, made["net_revenue"]))
    products = [{"product_id": i, "product_code": f"P{i}", "name": f"Thing {i}", "category": f"Kind {i % 2}"} for i in range(3)]
    seen = sorted({str(o["customer_id"]) for o in orders if o["customer_id"]})
    customers = [{"customer_id": int(c), "first_seen_at": "2023-01-01"} for c in seen]
    return {"orders": orders, "order_lines": lines, "refunds": refunds, "products": products, "customers": customers}


def _name(made: dict[str, Any]) -> str | None:
    return next((n for n in ("Ada", "Bob", "Cleo", "Dan") if customer(n) == made["customer_id"]), None)
