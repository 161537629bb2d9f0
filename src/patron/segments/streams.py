"""What can have happened: events of the site, and the rows of other fact tables read as events of their own kinds.

`happened("order_placed")` reads orders, `happened("message_opened")` messages; every other kind reads `facts.EVENTS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.facts import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import ibis.expr.types as ir

    from patron.facts.as_of import Facts
    from patron.kernel.tables import Kind, Table


@dataclass(frozen=True, slots=True)
class Stream:
    """Events of some kinds.

    Attributes:
        name: how the stream is known within a plan.
        needs: the fact tables without any row of which nothing can be said.
        columns: what can be tested, summed up or shared between steps, and its kind.
        rows: one row per event: customer_id, occurred_at, row_id, kind (site events only) and the columns.
        meaning: what counts as such an event.
    """

    name: str
    needs: tuple[str, ...]
    columns: Mapping[str, Kind]
    rows: Callable[[Facts], ir.Table]
    meaning: str = ""


def stream_of(kind: str) -> Stream:
    """The stream in which events of a kind are found."""
    return STREAMS.get(kind, SITE)


def _kinds(table: Table, names: str) -> dict[str, Kind]:
    by_name = {c.name: c.kind for c in table.columns}
    return {name: by_name[name] for name in names.split()}


def site_rows(events: ir.Table) -> ir.Table:
    """Rows of the site's stream from events."""
    return events.rename(row_id="event_id")


def _orders(facts: Facts) -> ir.Table:
    sales = facts.sales
    return sales.mutate(occurred_at=sales.ordered_at, row_id=sales.order_id, value=sales.net_revenue)


def _lines(facts: Facts) -> ir.Table:
    bought = facts.order_lines.filter(lambda line: line.kind == "product").semi_join(facts.sales.select("order_id"), "order_id")
    products = facts.products.select(_product="product_id", product_code="product_code", category="category", brand="brand")
    lines = bought.left_join(products, bought.product_id == products._product)
    return lines.mutate(occurred_at=lines.ordered_at, row_id=lines.line_id, value=lines.net_revenue)


def _refunds(facts: Facts) -> ir.Table:
    refunds = facts.refunds
    return refunds.mutate(occurred_at=refunds.refunded_at, row_id=refunds.refund_id, value=refunds.net_revenue)


def _reviews(facts: Facts) -> ir.Table:
    reviews = facts.reviews
    return reviews.mutate(occurred_at=reviews.reviewed_at, row_id=reviews.review_id)


def _tickets(facts: Facts) -> ir.Table:
    tickets = facts.tickets
    return tickets.mutate(occurred_at=tickets.opened_at, row_id=tickets.ticket_id)


def _messages(instant: str) -> Callable[[Facts], ir.Table]:
    def rows(facts: Facts) -> ir.Table:
        messages = facts.messages.filter(lambda message: message[instant].notnull())
        return messages.mutate(occurred_at=messages[instant], row_id=messages.message_id)

    return rows


_CAMPAIGN = "campaign_source campaign_medium campaign_name"
_MESSAGE = _kinds(tables.MESSAGES, "channel purpose campaign_name")

SITE = Stream(
    "events",
    ("events",),
    _kinds(tables.EVENTS, f"channel category query page referrer {_CAMPAIGN} device quantity value product_id session_id visitor_id"),
    lambda facts: site_rows(facts.events),
    "an event of the site, the app, social media or the shop floor, by its kind",
)

STREAMS: Mapping[str, Stream] = {
    "order_placed": Stream(
        "orders",
        ("orders",),
        _kinds(tables.ORDERS, f"channel country region city coupon_code {_CAMPAIGN} discount") | {"value": "money"},
        _orders,
        "an order that counts; value is its net revenue",
    ),
    "product_bought": Stream(
        "lines",
        ("order_lines",),
        _kinds(tables.PRODUCTS, "product_code category brand")
        | _kinds(tables.ORDER_LINES, "product_id order_id quantity discount")
        | {"value": "money"},
        _lines,
        "a product in an order that counts; value is its net revenue",
    ),
    "refund_made": Stream(
        "refunds",
        ("refunds",),
        _kinds(tables.REFUNDS, "quantity product_id order_id") | {"value": "money"},
        _refunds,
        "something given back; value is its net revenue",
    ),
    "review_written": Stream("reviews", ("reviews",), _kinds(tables.REVIEWS, "rating product_id"), _reviews, "a review with a date"),
    "ticket_opened": Stream(
        "tickets", ("tickets",), _kinds(tables.TICKETS, "channel topic satisfaction"), _tickets, "a request to support"
    ),
    "message_sent": Stream("sent", ("messages",), _MESSAGE, _messages("sent_at"), "a message handed over"),
    "message_opened": Stream("opened", ("messages",), _MESSAGE, _messages("opened_at"), "a message first opened by a person"),
    "message_clicked": Stream("clicked", ("messages",), _MESSAGE, _messages("clicked_at"), "a message first clicked"),
}
"""Kinds that are read from another table than events."""
