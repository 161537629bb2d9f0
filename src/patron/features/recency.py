"""How long ago: orders, visits, signs of interest."""

from __future__ import annotations

from functools import partial

from patron.features.feature import Ages, Feature, Follows
from patron.features.partials.partial import latest
from patron.features.values import days_since, of
from patron.kernel.time import days_between

_order = partial(Feature, family="recency", needs=("orders",))
_any = partial(Feature, family="recency")
_interest = partial(Feature, family="recency", needs_one_of=("events", "messages", "reviews", "tickets"))

FEATURES = (
    _order(
        name="first_order_at", kind="instant", unit="instant", seeds=("000-39",),
        meaning="When the customer placed the first order.",
        value=of("orders", "first_order_at"),
    ),
    _order(
        name="last_order_at", kind="instant", unit="instant", seeds=("004-02",),
        meaning="When the customer placed the latest order.",
        value=of("orders", "last_order_at"),
    ),
    _order(
        name="days_since_first_order", kind="number", unit="days", seeds=("000-39",),
        meaning="Days since the first order.",
        value=days_since("first_order_at"), changes=Ages("first_order_at"),
    ),
    _order(
        name="tenure_days", kind="number", unit="days", seeds=("000-39",),
        meaning="How long the customer has been one: days since the first order.",
        value=days_since("first_order_at"), changes=Ages("first_order_at"),
    ),
    _order(
        name="days_since_last_order", kind="number", unit="days", seeds=("004-02", "000-40", "001-33"),
        meaning="Days since the latest order: the R of RFM.",
        value=days_since("last_order_at"), changes=Ages("last_order_at"),
    ),
    _order(
        name="purchase_span_days", kind="number", unit="days", seeds=("000-39",),
        meaning="Days from the first to the latest order.",
        value=lambda i: days_between(i.feature("last_order_at"), i.feature("first_order_at")),
        changes=Follows(("first_order_at", "last_order_at")),
    ),
    _any(
        name="first_seen_at", kind="instant", unit="instant", seeds=("003-19",),
        meaning="When the shop first learned of the person.",
        value=of("customers", "first_seen_at"),
    ),
    _any(
        name="days_since_seen", kind="number", unit="days", seeds=("003-19", "000-10"),
        meaning="Days since the shop first learned of the person.",
        value=days_since("first_seen_at"), changes=Ages("first_seen_at"),
    ),
    _any(
        name="last_visit_at", kind="instant", unit="instant", needs=("events",), seeds=("003-30",),
        meaning="When the customer was last on the site or in the app.",
        value=of("events", "last_visit_at"),
    ),
    _any(
        name="days_since_last_visit", kind="number", unit="days", needs=("events",), seeds=("003-30", "001-34"),
        meaning="Days since the customer was last on the site or in the app.",
        value=days_since("last_visit_at"), changes=Ages("last_visit_at"),
    ),
    _interest(
        name="last_engaged_at", kind="instant", unit="instant", seeds=("001-34", "004-05"),
        meaning="The latest sign of interest other than an order: an event, an opened or clicked message, a review, a question to support.",
        value=lambda i: latest(
            i["events"]["last_event_at"], i["messages"]["last_opened_at"], i["messages"]["last_clicked_at"],
            i["reviews"]["last_review_at"], i["tickets"]["last_ticket_at"],
        ),
    ),
    _interest(
        name="days_since_last_engagement", kind="number", unit="days", seeds=("001-32", "001-34"),
        meaning="Days since the latest sign of interest other than an order.",
        value=days_since("last_engaged_at"), changes=Ages("last_engaged_at"),
    ),
)  # fmt: skip
