"""Partials of what customers say: reviews, requests to support, permissions, coupons redeemed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import ibis

from patron.features.feature import AHEAD_DAYS
from patron.features.partials.partial import Partial, first_in, leaves, number_of, within
from patron.features.partials.points import REVIEW_POINTS, TICKET_POINTS, points, points_change_at
from patron.kernel.time import literal, seconds_between

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.facts.as_of import Facts

LOW = 2
"""A rating of so many stars, or fewer, is a bad one."""
STATUSES = ("granted", "pending", "denied", "withdrawn")
"""Of two statements in the same second, the later of this list holds: rather too few messages than one too many."""
CHANNELS = ("email", "sms", "push", "whatsapp")
_DAY_ZERO = literal(datetime(1970, 1, 1, tzinfo=UTC))


def _hundredths(value: ir.FloatingValue) -> ir.IntegerValue:
    """A rating as a whole number: sums of whole numbers do not depend on the order of rows."""
    return (value * 100.0).round().cast("int64")


def _reviews(facts: Facts) -> ir.Table:
    reviews = facts.reviews.filter(facts.reviews.customer_id.notnull())
    at = reviews.reviewed_at
    newest = ibis.window(group_by="customer_id", order_by=[at.desc(), reviews.review_id.desc()])
    rated = reviews.mutate(_newest=ibis.row_number().over(newest) == 0)
    at = rated.reviewed_at
    low = (rated.rating <= LOW) & within(at, facts, 365)
    return rated.group_by("customer_id").aggregate(
        review_count=rated.count().cast("int64"),
        rating_sum=_hundredths(rated.rating).sum().cast("int64"),
        rating_count=rated.rating.count().cast("int64"),
        last_rating=ibis.ifelse(rated._newest, rated.rating, ibis.null("float64")).max(),
        last_review_at=at.max(),
        low_count_365d=number_of(ibis.coalesce(low, False)),
        edge_365d=leaves(first_in(low, at), 365),
        recommended_count=number_of(ibis.coalesce(rated.is_recommended, False)),
        asked_count=rated.is_recommended.count().cast("int64"),
        points=points(ibis.literal(REVIEW_POINTS, "int64"), at, facts),
        points_ahead=points(ibis.literal(REVIEW_POINTS, "int64"), at, facts, later=AHEAD_DAYS),
        edge_points=points_change_at(at, facts),
    )


REVIEWS = Partial(
    "reviews",
    _reviews,
    zeros=frozenset("review_count rating_count low_count_365d recommended_count asked_count points points_ahead".split()),
)


def _tickets(facts: Facts) -> ir.Table:
    tickets = facts.tickets.filter(facts.tickets.customer_id.notnull())
    at = tickets.opened_at
    low = (tickets.satisfaction <= LOW) & within(at, facts, 365)
    return tickets.group_by("customer_id").aggregate(
        ticket_count=tickets.count().cast("int64"),
        ticket_count_90d=number_of(within(at, facts, 90)),
        edge_90d=leaves(first_in(within(at, facts, 90), at), 90),
        last_ticket_at=at.max(),
        satisfaction_sum=_hundredths(tickets.satisfaction).sum().cast("int64"),
        satisfaction_count=tickets.satisfaction.count().cast("int64"),
        low_count_365d=number_of(ibis.coalesce(low, False)),
        edge_365d=leaves(first_in(low, at), 365),
        points=points(ibis.literal(TICKET_POINTS, "int64"), at, facts),
        points_ahead=points(ibis.literal(TICKET_POINTS, "int64"), at, facts, later=AHEAD_DAYS),
        edge_points=points_change_at(at, facts),
    )


TICKETS = Partial(
    "tickets",
    _tickets,
    zeros=frozenset("ticket_count ticket_count_90d satisfaction_count low_count_365d points points_ahead".split()),
)


def _consents(facts: Facts) -> ir.Table:
    consents = facts.consents
    marketing = consents.filter(consents.customer_id.notnull(), consents.purpose == "marketing", consents.channel.isin(CHANNELS))
    order = ibis.cases(*[(marketing.status == s, ibis.literal(i, "int64")) for i, s in enumerate(STATUSES)])
    second = seconds_between(marketing.occurred_at, _DAY_ZERO)
    rows = marketing.mutate(_latest=second * 8 + order * 2 + marketing.is_dated.ifelse(1, 0))
    columns: dict[str, ir.Value] = {}
    for channel in CHANNELS:
        latest = ibis.ifelse(rows.channel == channel, rows._latest, ibis.null("int64")).max()
        columns[f"{channel}_consent"] = ibis.cases(*[((latest % 8 - latest % 2) == i * 2, s) for i, s in enumerate(STATUSES)])
        if channel == "email":
            columns["email_is_dated"] = latest % 2 == 1
            columns["email_consent_at"] = ibis.ifelse(rows.channel == channel, rows.occurred_at, ibis.null(rows.occurred_at.type())).max()
    return rows.group_by("customer_id").aggregate(**columns)


CONSENTS = Partial("consents", _consents)


def _redemptions(facts: Facts) -> ir.Table:
    redemptions = facts.redemptions.filter(facts.redemptions.customer_id.notnull())
    return redemptions.group_by("customer_id").aggregate(redemption_count=redemptions.count().cast("int64"))


REDEMPTIONS = Partial("redemptions", _redemptions, zeros=frozenset({"redemption_count"}))
