"""Partials of messages: what was sent, and what the customer did with it. A machine's opening is no opening."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import ibis

from patron.features.feature import AHEAD_DAYS
from patron.features.partials.partial import Partial, last_in, leaves, number_of, within
from patron.features.partials.points import CLICK_POINTS, OPEN_POINTS, POINTS_WINDOW, points, points_change_at

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.facts.as_of import Facts


def _known(facts: Facts) -> ir.Table:
    return facts.messages.filter(facts.messages.customer_id.notnull())


def _lifetime(facts: Facts) -> ir.Table:
    messages = _known(facts)
    is_email = messages.channel == "email"
    return messages.group_by("customer_id").aggregate(
        last_opened_at=messages.opened_at.max(),
        last_clicked_at=messages.clicked_at.max(),
        last_email_opened_at=last_in(is_email, messages.opened_at),
        last_email_unsubscribed_at=last_in(is_email, messages.unsubscribed_at),
        last_email_complained_at=last_in(is_email, messages.complained_at),
        unsubscribed_count=messages.unsubscribed_at.count().cast("int64"),
    )


MESSAGES = Partial("messages", _lifetime, zeros=frozenset({"unsubscribed_count"}))


def _recent(facts: Facts) -> ir.Table:
    messages = _known(facts)
    recent = messages.filter(within(messages.sent_at, facts, 90))
    # What a customer must be told, such as that the parcel is on its way, says nothing about interest.
    is_email = (recent.channel == "email") & (recent.purpose.isnull() | (recent.purpose != "transactional"))
    return recent.group_by("customer_id").aggregate(
        message_count_90d=recent.count().cast("int64"),
        email_sent_90d=number_of(is_email),
        email_open_count_90d=number_of(is_email & recent.opened_at.notnull()),
        email_click_count_90d=number_of(is_email & recent.clicked_at.notnull()),
        edge_90d=leaves(recent.sent_at.min(), 90),
    )


RECENT_MESSAGES = Partial(
    "recent_messages",
    _recent,
    zeros=frozenset("message_count_90d email_sent_90d email_open_count_90d email_click_count_90d".split()),
)


def _points(facts: Facts) -> ir.Table:
    def signs(column: str, worth: int) -> ir.Table:
        rows = facts.messages_with(column, timedelta(days=POINTS_WINDOW))
        return rows.filter(rows.customer_id.notnull()).select("customer_id", at=rows[column], weight=ibis.literal(worth, "int64"))

    both = signs("opened_at", OPEN_POINTS).union(signs("clicked_at", CLICK_POINTS))
    return both.group_by("customer_id").aggregate(
        points=points(both.weight, both["at"], facts),
        points_ahead=points(both.weight, both["at"], facts, later=AHEAD_DAYS),
        edge=points_change_at(both["at"], facts),
    )


MESSAGE_ENGAGEMENT = Partial("message_engagement", _points, zeros=frozenset({"points", "points_ahead"}))
