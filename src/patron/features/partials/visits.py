"""Partials of visits and carts: sessions of the last 90 days, the carts left in them, and the cart that is still open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.facts.pauses import in_sessions
from patron.features.feature import AHEAD_DAYS
from patron.features.partials.events import CARTS, ORDERED, REMOVALS, WINDOWS, events_within, favourite_category
from patron.features.partials.orders import ORDERS
from patron.features.partials.partial import Partial, earliest, first_in, last_in, latest, leaves, number_of, since, within
from patron.kernel.time import SECONDS_PER_DAY

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.facts.as_of import Facts

_CART_DAYS = 30


def _sessions(facts: Facts) -> ir.Table:
    recent = events_within(facts, 90)
    rows = in_sessions(recent.select("event_id", "customer_id", "occurred_at", "kind", "session_id", "channel"))
    is_cart = rows.kind.isin(CARTS)
    return rows.group_by(["customer_id", "session"]).aggregate(
        last_at=rows.occurred_at.max(),
        first_cart_at=first_in(is_cart, rows.occurred_at),
        last_cart_at=last_in(is_cart, rows.occurred_at),
        order_count=number_of(rows.kind.isin(ORDERED)),
    )


SESSIONS = Partial("sessions", _sessions, grain="other")
"""One row per visit with an event in the last 90 days: customer_id, session, last_at, first_cart_at, last_cart_at, order_count."""


def _visits(facts: Facts) -> ir.Table:
    sessions = SESSIONS.table(facts)
    columns: dict[str, ir.Value] = {}
    for days in WINDOWS:
        inside = within(sessions.last_at, facts, days)
        columns[f"visit_count_{days}d"] = number_of(inside)
        columns[f"visit_count_{days}d_ahead"] = number_of(within(sessions.last_at, facts, days - AHEAD_DAYS))
        columns[f"edge_{days}d"] = leaves(first_in(inside, sessions.last_at), days)
    return sessions.group_by("customer_id").aggregate(**columns)


VISITS = Partial(
    "visits", _visits, reads=(SESSIONS,), zeros=frozenset(f"visit_count_{d}d{when}" for d in WINDOWS for when in ("", "_ahead"))
)


def _abandoned(facts: Facts) -> ir.Table:
    sessions = SESSIONS.table(facts)
    carts = sessions.filter(sessions.last_cart_at.notnull(), sessions.order_count == 0)
    sales = facts.sales
    near = sales.filter(within(sales.ordered_at, facts, 92)).select(_buyer="customer_id", _ordered_at="ordered_at")
    left = carts.anti_join(
        near,
        [
            carts.customer_id == near._buyer,
            near._ordered_at >= carts.first_cart_at,
            near._ordered_at < carts.last_cart_at + ibis.interval(days=1),
        ],
    )
    over = left.last_cart_at <= since(facts, 1)
    turns = first_in(~over, left.last_cart_at) + ibis.interval(seconds=SECONDS_PER_DAY)
    return left.group_by("customer_id").aggregate(
        abandoned_count=number_of(over), edge=earliest(turns, leaves(left.last_cart_at.min(), 90))
    )


ABANDONED = Partial("abandoned_carts", _abandoned, reads=(SESSIONS,), zeros=frozenset({"abandoned_count"}))


def _open_carts(facts: Facts) -> ir.Table:
    recent = events_within(facts, _CART_DAYS)
    bought = recent.filter(recent.kind.isin(ORDERED)).group_by("customer_id").aggregate(_bought_at=lambda e: e.occurred_at.max())
    bought = bought.rename(_buyer="customer_id")
    orders = ORDERS.table(facts).select(_orderer="customer_id", _ordered_at="last_order_at")
    moves = recent.filter(recent.kind.isin([*CARTS, *REMOVALS]))
    with_event = moves.left_join(bought, moves.customer_id == bought._buyer)
    rows = with_event.left_join(orders, with_event.customer_id == orders._orderer)
    last = latest(rows._bought_at, rows._ordered_at)
    since_order = rows.filter(last.isnull() | (rows.occurred_at > last))
    sign = since_order.kind.isin(CARTS).ifelse(1, -1)
    sums = since_order.group_by("customer_id").aggregate(
        item_count=sign.sum().cast("int64"),
        value=(sign * ibis.coalesce(since_order.value, 0)).sum().cast("int64"),
        edge=leaves(since_order.occurred_at.min(), _CART_DAYS),
    )
    added = since_order.filter(since_order.kind.isin(CARTS)).select("customer_id", "product_id", "category")
    favourite = favourite_category(added, facts).select(_customer="customer_id", category="category")
    return sums.left_join(favourite, sums.customer_id == favourite._customer).drop("_customer")


OPEN_CARTS = Partial("open_carts", _open_carts, reads=(ORDERS,), zeros=frozenset({"item_count", "value"}))
"""What was put into the cart in the last 30 days and after the last order."""
