"""How interested: visits, views, carts, messages, support."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import ibis

from patron.features.feature import AHEAD_DAYS, Ages, Feature, Follows, Slides
from patron.features.partials.partial import earliest
from patron.features.partials.points import SCALE
from patron.features.values import days_since, of, ratio, share

if TYPE_CHECKING:
    from collections.abc import Callable

    import ibis.expr.types as ir

    from patron.features.inputs import Inputs

_event = partial(Feature, family="engagement", needs=("events",))
_mail = partial(Feature, family="engagement", needs=("messages",))
_ticket = partial(Feature, family="engagement", needs=("tickets",))
_edge = partial(Feature, family="engagement", kind="instant", unit="instant", hidden=True)


def _count(name: str, days: int, unit: str, meaning: str, seeds: tuple[str, ...]) -> Feature:
    return _event(
        name=f"{name}_count_{days}d", kind="count", unit=unit, meaning=meaning, seeds=seeds,
        value=of("recent_events", f"{name}_count_{days}d"), changes=Slides(f"edge_events_{days}d_at", falls=True),
    )  # fmt: skip


def _visits(days: int) -> tuple[Feature, ...]:
    return (
        _event(
            name=f"visit_count_{days}d", kind="count", unit="visits", seeds=("001-20", "001-34"),
            meaning=f"Visits to the site or app in the last {days} days.",
            value=of("visits", f"visit_count_{days}d"),
            changes=Slides(f"edge_visits_{days}d_at", falls=True, ahead=f"visit_count_{days}d_ahead"),
        ),
        _event(
            name=f"visit_count_{days}d_ahead", kind="count", unit="visits", hidden=True,
            meaning=f"What the visits of the last {days} days will be in {AHEAD_DAYS} days if nothing happens.",
            value=of("visits", f"visit_count_{days}d_ahead"),
        ),
        _edge(
            name=f"edge_visits_{days}d_at", needs=("events",), meaning=f"When the next visit leaves the last {days} days.",
            value=of("visits", f"edge_{days}d"),
        ),
        _edge(
            name=f"edge_events_{days}d_at", needs=("events",), meaning=f"When the next event leaves the last {days} days.",
            value=of("recent_events", f"edge_{days}d"),
        ),
    )  # fmt: skip


SITE = (
    *_visits(7),
    *_visits(30),
    *_visits(90),
    _count("view", 7, "views", "Products looked at in the last 7 days.", ("003-30", "001-20")),
    _count("view", 30, "views", "Products looked at in the last 30 days.", ("003-30", "003-25", "001-20")),
    _count("search", 30, "searches", "Searches on the site in the last 30 days.", ("001-20", "001-27")),
    _count("cart", 30, "products", "Times a product was put into the cart in the last 30 days.", ("000-20", "003-25")),
    _count("checkout", 30, "checkouts", "Checkouts started in the last 30 days.", ("000-20", "000-26")),
    _count("chat", 90, "chats", "Messages or conversations in the live chat in the last 90 days.", ("003-25",)),
    _count("social", 90, "events", "Events on social media in the last 90 days.", ("004-05", "004-17")),
    _count("wishlist", 90, "products", "Products put on a wish list in the last 90 days.", ("003-25",)),
    _event(
        name="last_cart_at", kind="instant", unit="instant", seeds=("000-20",),
        meaning="When the customer last put a product into the cart.",
        value=of("events", "last_cart_at"),
    ),
    _event(
        name="days_since_last_cart", kind="number", unit="days", seeds=("000-20", "000-22"),
        meaning="Days since the customer last put a product into the cart.",
        value=days_since("last_cart_at"), changes=Ages("last_cart_at"),
    ),
    _event(
        name="has_open_cart", kind="flag", unit="yes or no", seeds=("000-20", "001-36", "003-11"),
        meaning="Whether products were put into the cart in the last 30 days and after the latest order, and not all taken out again.",
        value=lambda i: i["open_carts"]["item_count"] > 0, changes=Slides("edge_cart_30d_at"),
    ),
    _event(
        name="open_cart_value", kind="money", unit="money", seeds=("000-20", "003-11"),
        meaning="What lies in the open cart; 0 when there is none.",
        value=lambda i: ibis.ifelse(i.feature("has_open_cart"), ibis.greatest(i["open_carts"]["value"], 0), 0),
        changes=Slides("edge_cart_30d_at"),
    ),
    _event(
        name="open_cart_category", kind="text", unit="category", seeds=("003-11",),
        meaning="The category put into the open cart most often.",
        value=lambda i: ibis.ifelse(i.feature("has_open_cart"), i["open_carts"]["category"], ibis.null("string")),
        changes=Slides("edge_cart_30d_at"),
    ),
    _edge(
        name="edge_cart_30d_at", needs=("events",), meaning="When the next product put into the cart is 30 days old.",
        value=of("open_carts", "edge"),
    ),
    _event(
        name="cart_abandon_count_90d", kind="count", unit="visits", seeds=("000-20", "003-25", "000-26"),
        meaning="Visits of the last 90 days that filled a cart and led to no order within 24 hours.",
        value=of("abandoned_carts", "abandoned_count"), changes=Slides("edge_abandoned_90d_at"),
    ),
    _edge(
        name="edge_abandoned_90d_at", needs=("events",), meaning="When the next cart has been left for 24 hours, or is 90 days old.",
        value=of("abandoned_carts", "edge"),
    ),
    _event(
        name="favourite_viewed_category_30d", kind="text", unit="category", seeds=("003-30", "003-11"),
        meaning="The category looked at most in the last 30 days; the first in the alphabet of equals.",
        value=of("views", "category"), changes=Slides("edge_events_30d_at"),
    ),
    _event(
        name="most_viewed_product_views_30d", kind="count", unit="views", seeds=("003-26", "000-26"),
        meaning="How often the product looked at most was looked at in the last 30 days.",
        value=of("views", "most_viewed_count"), changes=Slides("edge_events_30d_at"),
    ),
)  # fmt: skip


def _mails(name: str, meaning: str) -> Feature:
    return _mail(
        name=name, kind="count", unit="messages", meaning=meaning, seeds=("000-18", "004-05"),
        value=of("recent_messages", name), changes=Slides("edge_messages_90d_at"),
    )  # fmt: skip


MESSAGES = (
    _mails("message_count_90d", "Messages sent to the customer in the last 90 days, on any channel and for any purpose."),
    _mails("email_sent_90d", "E-mails sent in the last 90 days, other than about an order."),
    _mails("email_open_count_90d", "E-mails of the last 90 days that the customer opened; openings by machines do not count."),
    _mails("email_click_count_90d", "E-mails of the last 90 days in which the customer clicked."),
    _edge(
        name="edge_messages_90d_at", needs=("messages",), meaning="When the next message is 90 days old.",
        value=of("recent_messages", "edge_90d"),
    ),
    _mail(
        name="email_open_share_90d", kind="share", unit="share of e-mails", seeds=("000-14", "000-18"),
        meaning="Share of the e-mails of the last 90 days that the customer opened.",
        value=share("email_open_count_90d", "email_sent_90d"), changes=Follows(("email_open_count_90d", "email_sent_90d")),
    ),
    _mail(
        name="email_click_share_90d", kind="share", unit="share of e-mails", seeds=("000-18",),
        meaning="Share of the e-mails of the last 90 days in which the customer clicked.",
        value=share("email_click_count_90d", "email_sent_90d"), changes=Follows(("email_click_count_90d", "email_sent_90d")),
    ),
    _mail(
        name="unsubscribed_count", kind="count", unit="messages", seeds=("000-45",),
        meaning="Messages from which the customer unsubscribed.",
        value=of("messages", "unsubscribed_count"),
    ),
    _mail(
        name="last_email_open_at", kind="instant", unit="instant", seeds=("000-18",),
        meaning="When the customer last opened an e-mail.",
        value=of("messages", "last_email_opened_at"),
    ),
    _mail(
        name="days_since_last_email_open", kind="number", unit="days", seeds=("000-18", "001-32"),
        meaning="Days since the customer last opened an e-mail.",
        value=days_since("last_email_open_at"), changes=Ages("last_email_open_at"),
    ),
)  # fmt: skip

SUPPORT = (
    _ticket(
        name="ticket_count", kind="count", unit="requests", seeds=("003-01", "001-35"),
        meaning="Requests to support.",
        value=of("tickets", "ticket_count"),
    ),
    _ticket(
        name="ticket_count_90d", kind="count", unit="requests", seeds=("003-01", "001-35"),
        meaning="Requests to support in the last 90 days.",
        value=of("tickets", "ticket_count_90d"), changes=Slides("edge_tickets_90d_at", falls=True),
    ),
    _edge(
        name="edge_tickets_90d_at", needs=("tickets",), meaning="When the next request to support is 90 days old.",
        value=of("tickets", "edge_90d"),
    ),
    _ticket(
        name="low_satisfaction_count_365d", kind="count", unit="requests", seeds=("001-35",),
        meaning="Requests to support of the last 365 days whose answer was rated 2 or worse.",
        value=of("tickets", "low_count_365d"), changes=Slides("edge_low_satisfaction_365d_at"),
    ),
    _edge(
        name="edge_low_satisfaction_365d_at", needs=("tickets",), meaning="When the next badly rated answer is 365 days old.",
        value=of("tickets", "edge_365d"),
    ),
    _ticket(
        name="mean_satisfaction", kind="number", unit="stars", seeds=("001-35",),
        meaning="Mean rating of the answers of support, 1 worst to 5 best.",
        value=lambda i: ratio(i["tickets"]["satisfaction_sum"], i["tickets"]["satisfaction_count"]) / 100.0,
    ),
)  # fmt: skip

_POINTS = ("event_engagement", "message_engagement", "reviews", "tickets")


def _sum_of(column: str) -> Callable[[Inputs], ir.Value]:
    return lambda i: sum((i[p][column] for p in _POINTS), start=ibis.literal(0, "int64")).cast("float64") / float(SCALE)


POINTS = (
    Feature(
        name="engagement_points", family="engagement", kind="number", unit="points", seeds=("004-05", "004-19", "004-15"),
        meaning="Signs of interest of the last 180 days: 1 point for an event, 2 for an opened and 4 for a clicked message, up to 5 for a "
        "checkout or review; they halve every 30 days.",
        value=_sum_of("points"),
        needs_one_of=("events", "messages"),
        changes=Slides("edge_engagement_at", falls=True, ahead="engagement_points_ahead"),
    ),
    Feature(
        name="engagement_points_ahead", family="engagement", kind="number", unit="points", hidden=True,
        meaning=f"What the points of engagement will be in {AHEAD_DAYS} days if nothing happens.",
        value=_sum_of("points_ahead"), needs_one_of=("events", "messages"),
    ),
    _edge(
        name="edge_engagement_at", meaning="When the next sign of interest loses half of its points.",
        value=lambda i: earliest(
            i["event_engagement"]["edge"], i["message_engagement"]["edge"], i["reviews"]["edge_points"], i["tickets"]["edge_points"]
        ),
    ),
)  # fmt: skip

FEATURES = (*SITE, *MESSAGES, *SUPPORT, *POINTS)
