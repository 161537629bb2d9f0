"""Partials of what happened on the site, in the app, on social media and in the shop.

Each reads only the rows of the window it needs; no session is counted outside its window.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import ibis

from patron.features.feature import AHEAD_DAYS
from patron.features.partials.partial import Partial, first_in, leaves, number_of, within
from patron.features.partials.points import EVENT_POINTS, POINTS_WINDOW, points, points_change_at

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.facts.as_of import Facts

VIEWS = ("product_viewed",)
SEARCHES = ("products_searched",)
CARTS = ("product_added", "wishlist_product_added_to_cart")
REMOVALS = ("product_removed",)
CHECKOUTS = ("checkout_started",)
CHATS = ("chat_started", "chat_message_sent", "live_chat_conversation_started", "live_chat_message_sent")
WISHES = ("product_added_to_wishlist",)
ORDERED = ("order_completed",)
WINDOWS = (7, 30, 90)


def events_within(facts: Facts, days: int) -> ir.Table:
    """Events of customers in the window of so many days."""
    events = facts.events_in_last(timedelta(days=days))
    return events.filter(events.customer_id.notnull(), within(events.occurred_at, facts, days))


def _recent(facts: Facts) -> ir.Table:
    recent = events_within(facts, 90)
    at = recent.occurred_at
    counts = {
        "view_count_7d": (VIEWS, 7),
        "view_count_30d": (VIEWS, 30),
        "search_count_30d": (SEARCHES, 30),
        "cart_count_30d": (CARTS, 30),
        "checkout_count_30d": (CHECKOUTS, 30),
        "chat_count_90d": (CHATS, 90),
        "wishlist_count_90d": (WISHES, 90),
    }
    columns = {
        name: number_of(recent.kind.isin(kinds) & within(at, facts, days) if days < 90 else recent.kind.isin(kinds))
        for name, (kinds, days) in counts.items()
    }
    edges = {f"edge_{days}d": leaves(first_in(within(at, facts, days), at), days) for days in WINDOWS}
    return recent.group_by("customer_id").aggregate(
        **columns, social_count_90d=number_of(ibis.coalesce(recent.channel == "social", False)), **edges
    )


RECENT_EVENTS = Partial(
    "recent_events",
    _recent,
    zeros=frozenset(
        "view_count_7d view_count_30d search_count_30d cart_count_30d checkout_count_30d chat_count_90d wishlist_count_90d "
        "social_count_90d".split()
    ),
)


def _points(facts: Facts) -> ir.Table:
    recent = events_within(facts, POINTS_WINDOW)
    weights = [(recent.kind == kind, ibis.literal(p, "int64")) for kind, p in EVENT_POINTS.items()]
    one = ibis.literal(1, "int64")
    # Most events are of none of these kinds: one look tells, and the kinds are not tried one by one.
    weight = ibis.ifelse(recent.kind.isin(list(EVENT_POINTS)), ibis.cases(*weights, else_=one), one)
    counted = recent.select("customer_id", "occurred_at", weight=weight)
    return counted.group_by("customer_id").aggregate(
        points=points(counted.weight, counted.occurred_at, facts),
        points_ahead=points(counted.weight, counted.occurred_at, facts, later=AHEAD_DAYS),
        edge=points_change_at(counted.occurred_at, facts),
    )


EVENT_ENGAGEMENT = Partial("event_engagement", _points, zeros=frozenset({"points", "points_ahead"}))


def _views(facts: Facts) -> ir.Table:
    recent = events_within(facts, 30)
    views = recent.filter(recent.kind.isin(VIEWS))
    counts = views.filter(views.product_id.notnull()).group_by(["customer_id", "product_id"]).aggregate(n=lambda v: v.count().cast("int64"))
    most = counts.group_by("customer_id").aggregate(most_viewed_count=counts.n.max())
    favourite = favourite_category(views, facts).rename(_customer="customer_id")
    both = favourite.outer_join(most, favourite._customer == most.customer_id)
    return both.select(
        customer_id=ibis.coalesce(both.customer_id, both._customer), most_viewed_count=both.most_viewed_count, category=both.category
    )


VIEWED = Partial("views", _views, zeros=frozenset({"most_viewed_count"}))


def favourite_category(events: ir.Table, facts: Facts) -> ir.Table:
    """The category that most of a customer's events are about: the event's own, else its product's; the first in the alphabet of equals."""
    products = facts.products.select(_product="product_id", _category="category")
    rows = events.left_join(products, events.product_id == products._product)
    named = rows.select("customer_id", category=ibis.coalesce(rows.category, rows._category))
    counts = named.filter(named.category.notnull()).group_by(["customer_id", "category"]).aggregate(n=lambda t: t.count())
    ranked = counts.mutate(
        _rank=ibis.row_number().over(ibis.window(group_by=counts.customer_id, order_by=[counts.n.desc(), counts.category]))
    )
    return ranked.filter(ranked._rank == 0).select("customer_id", "category")
