"""Sessions: each visit of a customer, what brought them, what they did, and what they bought."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.facts.pauses import PAUSE, in_sessions
from patron.facts.touches import touches

if TYPE_CHECKING:
    import ibis.expr.types as ir

_PAGES = ("page_viewed", "screen_viewed")
_VIEWS = ("product_viewed",)
_ARRIVAL = (
    "channel", "campaign_source", "campaign_medium", "campaign_name", "campaign_term", "campaign_content",
    "referrer_host", "referrer", "landing_page", "device",
)  # fmt: skip


def sessions(events: ir.Table, sales: ir.Table) -> ir.Table:
    """The sessions of customers.

    Args:
        events: `facts.EVENTS` before an instant.
        sales: orders that count before it, in the shop's currency.

    Returns:
        One row per session: customer_id, session, started_at, ended_at (instants of its first and last event), event_count, page_view_count,
        view_count, viewed_product_count, order_count (counts), net_revenue (money), and of its first touch channel, campaign_source,
        campaign_medium, campaign_name, campaign_term, campaign_content, referrer_host, referrer, landing_page, device.

    Notes:
        An order belongs to the session during which it was placed, or which ended less than 30 minutes before; of several to the one that
        began last. So no order counts twice.
    """
    spans = _spans(in_sessions(events))
    came = touches(events)
    first = came.filter(came.begins_session).select(*_ARRIVAL, _customer="customer_id", _session="session")
    bought = _bought(spans, sales).rename(_buyer="customer_id", _bought_in="session")
    told = spans.left_join(first, [spans.customer_id == first._customer, spans.session == first._session])
    both = told.left_join(bought, [told.customer_id == bought._buyer, told.session == bought._bought_in])
    return both.select(
        *spans.columns, *_ARRIVAL, order_count=ibis.coalesce(both.order_count, 0), net_revenue=ibis.coalesce(both.net_revenue, 0)
    )


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
