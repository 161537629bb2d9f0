"""Touches: each time a customer came, and what brought them.

A session begins with a touch. Whoever comes by a tagged link in the midst of one is touched again, unless the tags are those that the
session had last. So a campaign begins no session, but is never lost in one. A touch without tags is named after the site that the visitor
came from; without that, and from a page of the same site, it is direct.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.facts.channels import DIRECT, by_referrer, by_tags, host_of
from patron.facts.columns import ARRIVAL
from patron.facts.pauses import in_sessions, whose
from patron.kernel.tables import Column, Table

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.facts.as_of import Facts

TOUCHES = Table(
    "touches",
    "one row per touch: a customer came to the site or the app, or came again by another link in the midst of a session",
    ("event_id",),
    (
        Column("event_id", "id", "the event by which it is known", required=True),
        Column("customer_id", "id", "who came", required=True),
        Column("session_id", "id", "the session that it is in", required=True),
        Column("touched_at", "instant", "when", required=True),
        Column("channel", "text", "the channel that brought them; direct when nothing did", required=True),
        *ARRIVAL,
        Column("position", "count", "which of the customer's touches it is, from 1", required=True),
        Column("is_first", "flag", "whether it is the customer's first", required=True),
        Column("is_last", "flag", "whether it is the customer's last before the instant", required=True),
        Column("is_direct", "flag", "whether nothing says what brought them", required=True),
        Column("begins_session", "flag", "whether the session begins with it", required=True),
    ),
)

_TAGS = ("campaign_source", "campaign_medium", "campaign_name")
_TOLD = ("event_id", "customer_id", "session", "occurred_at", "page", "referrer", "device", *_TAGS, "properties")


def touches(facts: Facts, customer_id: int | None = None) -> ir.Table:
    """The touches of all customers, or of one: `TOUCHES`."""
    return _in_turn(_described(_arrivals(in_sessions(whose(facts.events, customer_id)))))


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
    numbered = described.mutate(position=ibis.row_number().over(by_time).cast("int64") + 1, is_last=ibis.row_number().over(backwards) == 0)
    named = numbered.rename(session_id="session", touched_at="occurred_at", landing_page="page")
    return named.mutate(is_first=named.position == 1, is_direct=named.channel == DIRECT).select(*(c.name for c in TOUCHES.columns))
