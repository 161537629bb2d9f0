"""Sessions: each visit of a customer, what brought them, what they did, and what they bought."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.facts.columns import ARRIVAL
from patron.facts.pauses import PAUSE, in_sessions, whose
from patron.facts.touches import touches
from patron.kernel.tables import Column, Table

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.facts.as_of import Facts

SESSIONS = Table(
    "sessions",
    "one row per session: a visit of a customer to the site or the app",
    ("customer_id", "session_id"),
    (
        Column("customer_id", "id", "whose visit it was", required=True),
        Column("session_id", "id", "the client's session; one that Patron put together has a number below zero", required=True),
        Column("started_at", "instant", "its first event", required=True),
        Column("ended_at", "instant", "its last event before the instant", required=True),
        Column("event_count", "count", "events", required=True),
        Column("page_view_count", "count", "pages and screens looked at", required=True),
        Column("view_count", "count", "looks at products", required=True),
        Column("viewed_product_count", "count", "different products looked at", required=True),
        Column("channel", "text", "the channel of its first touch", required=True),
        *ARRIVAL,
        Column("order_count", "count", "orders placed in it, or less than 30 minutes after its end", required=True),
        Column("net_revenue", "money", "net revenue of these orders, before refunds", required=True),
        Column("currency", "text", "the shop's currency", required=True),
    ),
)

_PAGES = ("page_viewed", "screen_viewed")
_VIEWS = ("product_viewed",)


def sessions(facts: Facts, customer_id: int | None = None) -> ir.Table:
    """The sessions of all customers, or of one: `SESSIONS`.

    Notes:
        What brought them is said by the session's first touch. An order belongs to the session during which it was placed, or that ended
        less than 30 minutes before; of several to the one that began last. So no order counts twice.
    """
    spans = _spans(in_sessions(whose(facts.events, customer_id)))
    came = touches(facts, customer_id)
    arrival = ("channel", *(c.name for c in ARRIVAL))
    first = came.filter(came.begins_session).select(*arrival, _customer="customer_id", _session="session_id")
    bought = _bought(spans, whose(facts.sales, customer_id)).rename(_buyer="customer_id", _bought_in="session")
    told = spans.left_join(first, [spans.customer_id == first._customer, spans.session == first._session])
    both = told.left_join(bought, [told.customer_id == bought._buyer, told.session == bought._bought_in])
    whole = both.rename(session_id="session").mutate(
        order_count=ibis.coalesce(both.order_count, 0),
        net_revenue=ibis.coalesce(both.net_revenue, 0),
        currency=ibis.literal(facts.shop.currency),
    )
    return whole.select(*(c.name for c in SESSIONS.columns))


def _spans(events: ir.Table) -> ir.Table:
    is_view = events.kind.isin(_VIEWS)
    return events.group_by(["customer_id", "session"]).aggregate(
        started_at=events.occurred_at.min(),
        ended_at=events.occurred_at.max(),
        event_count=events.count().cast("int64"),
        page_view_count=events.kind.isin(_PAGES).ifelse(1, 0).sum().cast("int64"),
        view_count=is_view.ifelse(1, 0).sum().cast("int64"),
        viewed_product_count=ibis.ifelse(is_view, events.product_id, ibis.null("int64")).nunique().cast("int64"),
    )


def _bought(spans: ir.Table, sales: ir.Table) -> ir.Table:
    """Orders and their money by the session that they belong to."""
    orders = sales.select("order_id", "ordered_at", "net_revenue", _buyer="customer_id")
    near = orders.join(
        spans, [orders._buyer == spans.customer_id, orders.ordered_at >= spans.started_at, orders.ordered_at < spans.ended_at + PAUSE]
    )
    latest = ibis.window(group_by=near.order_id, order_by=[near.started_at.desc(), near.session.desc()])
    ranked = near.mutate(_rank=ibis.row_number().over(latest))
    own = ranked.filter(ranked._rank == 0)
    return own.group_by(["customer_id", "session"]).aggregate(
        order_count=own.count().cast("int64"), net_revenue=own.net_revenue.sum().cast("int64")
    )
