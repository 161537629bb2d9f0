"""Touches: each time a customer came, and what brought them.

A session begins with a touch. Whoever comes by a tagged link in the midst of one is touched again, unless the tags are those that the session
had last. So a campaign begins no session, but is never lost in one. A touch without tags is named after the site that the visitor came from;
without that, and from a page of the same site, it is direct.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.facts.channels import DIRECT, by_referrer, by_tags, host_of
from patron.facts.pauses import in_sessions

if TYPE_CHECKING:
    import ibis.expr.types as ir

_TAGS = ("campaign_source", "campaign_medium", "campaign_name")
_TOLD = ("event_id", "customer_id", "session", "occurred_at", "page", "referrer", "device", *_TAGS, "properties")


def touches(events: ir.Table) -> ir.Table:
    """The touches of customers.

    Args:
        events: `facts.EVENTS` before an instant.

    Returns:
        One row per touch: event_id, customer_id, session, touched_at, channel (text, never null), campaign_source, campaign_medium,
        campaign_name, campaign_term, campaign_content, referrer_host, referrer, landing_page, device, position (count: 1 for the customer's
        first touch), is_first, is_last, is_direct, and begins_session (flags).
    """
    return _in_turn(_described(_arrivals(in_sessions(events))))


def _arrivals(events: ir.Table) -> ir.Table:
    """The first event of each session, and those by whose tags somebody came again."""
    order = [events.occurred_at, events.event_id]
    of_session = ibis.window(group_by=[events.customer_id, events.session], order_by=order)
    numbered = events.select(*_TOLD).mutate(
        begins_session=ibis.row_number().over(of_session) == 0,
        _tags=ibis.ifelse(_is_tagged(events), _joined(events), ibis.null("string")),
    )
    told = numbered.filter(numbered.begins_session | numbered._tags.notnull())
    again = ibis.window(group_by=[told.customer_id, told.session], order_by=[told.occurred_at, told.event_id])
    before = told.mutate(_before=told._tags.lag().over(again))
    return before.filter(before.begins_session | (before._tags != ibis.coalesce(before._before, "")))


def _is_tagged(events: ir.Table) -> ir.BooleanValue:
    source, medium, name = (events[tag].notnull() for tag in _TAGS)
    return source | medium | name


def _joined(events: ir.Table) -> ir.StringValue:
    source, medium, name = (ibis.coalesce(events[tag], "") for tag in _TAGS)
    return source + "\x1f" + medium + "\x1f" + name


def _described(arrivals: ir.Table) -> ir.Table:
    told = arrivals.properties.try_cast("json")
    campaign, here = told["context"]["campaign"], host_of(_text(told["context"]["page"]["url"]))
    host = host_of(arrivals.referrer)
    outside = ibis.ifelse(ibis.coalesce(host == here, ibis.literal(value=False)), ibis.null("string"), host)
    named = arrivals.mutate(
        campaign_term=ibis.coalesce(_text(campaign["term"]), _text(told["utm_term"])),
        campaign_content=ibis.coalesce(_text(campaign["content"]), _text(told["utm_content"])),
        referrer_host=outside,
    )
    channel = ibis.coalesce(
        by_tags(named.campaign_source, named.campaign_medium),
        ibis.ifelse(named.campaign_name.notnull(), "other", ibis.null("string")),
        by_referrer(named.referrer_host),
        ibis.literal(DIRECT),
    )
    return named.mutate(channel=channel)


def _text(value: ir.Value) -> ir.StringValue:
    found: ir.StringValue = value.str
    return found.nullif("")


def _in_turn(described: ir.Table) -> ir.Table:
    by_time = ibis.window(group_by=described.customer_id, order_by=[described.occurred_at, described.event_id])
    backwards = ibis.window(group_by=described.customer_id, order_by=[described.occurred_at.desc(), described.event_id.desc()])
    numbered = described.mutate(
        position=ibis.row_number().over(by_time).cast("int64") + 1, is_last=ibis.row_number().over(backwards) == 0
    )
    return numbered.select(
        "event_id", "customer_id", "session", "channel", *_TAGS, "campaign_term", "campaign_content", "referrer_host", "referrer", "device",
        "position", "is_last", "begins_session",
        touched_at="occurred_at", landing_page="page", is_first=numbered.position == 1, is_direct=numbered.channel == DIRECT,
    )  # fmt: skip
