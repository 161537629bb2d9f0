"""Requests to support, one row each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.collect import ids, people
from patron.ports.source import Check, Field, FileSource, Layout, Note

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

_GOOD, _BAD = ("good", "great", "satisfied", "positive", "happy"), ("bad", "poor", "dissatisfied", "unsatisfied", "negative", "unhappy")
_FIELDS = (
    Field("number", "reference", ("ticket id", "ticket number", "ticket", "case number", "id"), needed=True, filled=True),
    Field("opened_at", "instant", ("created at", "created", "opened", "date", "date created", "requested at"), needed=True, filled=True),
    Field("closed_at", "instant", ("solved at", "resolved at", "closed", "date closed")),
    Field("updated_at", "instant", ("modified at", "last updated")),
    Field("customer_number", "reference", ("customer id", "customer no", "requester id", "user id")),
    Field("email", "email", ("requester email", "customer email", "e-mail", "email address")),
    Field("phone", "phone", ("customer phone", "phone number")),
    Field("channel", "text", ("via", "source")),
    Field("topic", "text", ("category", "reason", "type", "subject")),
    Field("satisfaction", "text", ("satisfaction score", "satisfaction rating", "csat", "rating")),
)  # fmt: skip


def _satisfaction(records: ir.Table) -> ir.FloatingValue:
    """1 worst to 5 best; systems that only know good and bad say one or the other."""
    word = records.satisfaction.lower()
    by_word = ibis.cases((word.isin(_GOOD), ibis.literal(5.0)), (word.isin(_BAD), ibis.literal(1.0)), else_=ibis.null("float64"))
    return ibis.coalesce(records.satisfaction.try_cast("float64"), by_word)


def _facts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    person = people.identified(records, intake, customer_number=records.customer_number, email=records.email, phone=records.phone)
    rows = records.select(
        "opened_at",
        "closed_at",
        ticket_id=records.key,
        person_id=person.id,
        channel=records.channel.lower(),
        topic=records.topic.lower(),
        satisfaction=_satisfaction(records),
        updated_at=ibis.coalesce(records.updated_at, records.closed_at, records.opened_at),
    )
    return {"tickets": rows, **people.observed(person, intake, seen_at=records.opened_at)}


LAYOUT = Layout(
    name="tickets, one row each",
    fields=_FIELDS,
    primary="tickets",
    key=lambda records, intake: ids.named("ticket", intake.source, intake.scope, records.number),
    facts=_facts,
    checks=(
        Check("satisfaction", lambda r: ~_satisfaction(r).between(1, 5), "a rating from 1 to 5, or good or bad"),
        Check("closed_at", lambda r: r.closed_at < r.opened_at, "an instant that is not before it was opened"),
    ),
    notes=(Note("{count:,} tickets name no customer.", "tickets", lambda r: r.person_id.isnull()),),
)
SOURCE = FileSource("tickets", "Requests to support, one row each.", (LAYOUT,))
