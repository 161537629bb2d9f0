"""Audience exports of Mailchimp: subscribed, unsubscribed and cleaned members, with the dates of their consent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.adapters.sources.customers_rows import consents
from patron.collect import people, places
from patron.ports.source import Field, FileSource, Layout, Note

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

_FIELDS = (
    Field("email", "email", ("email address",), needed=True, filled=True),
    Field("first_name", "text"),
    Field("last_name", "text"),
    Field("phone", "phone", ("phone number",)),
    Field("opted_in_at", "instant", ("OPTIN_TIME",)),
    Field("confirmed_at", "instant", ("CONFIRM_TIME",)),
    Field("unsubscribed_at", "instant", ("UNSUB_TIME",)),
    Field("cleaned_at", "instant", ("CLEAN_TIME",)),
    Field("changed_at", "instant", ("LAST_CHANGED",)),
    Field("country", "text", ("CC",)),
    Field("region", "text", ("REGION",)),
    Field("language", "text", ("LANGUAGE", "member language")),
    Field("tags", "text", ("TAGS",)),
)


def _facts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    person = _person(records, intake)
    since = ibis.coalesce(records.confirmed_at, records.opted_in_at)
    double = ibis.ifelse(records.confirmed_at.notnull(), ibis.literal("double_opt_in"), ibis.null("string"))
    # A cleaned address bounced: its owner never took the permission back, but nobody can be reached there.
    was_granted = since.notnull() | (records.unsubscribed_at.isnull() & records.cleaned_at.isnull())
    grants = consents(
        person,
        intake,
        channel="email",
        status=ibis.ifelse(was_granted, ibis.literal("granted"), ibis.null("string")),
        since=since,
        method=double,
    )
    withdrawals = consents(
        person,
        intake,
        channel="email",
        status=ibis.ifelse(records.unsubscribed_at.notnull(), ibis.literal("withdrawn"), ibis.null("string")),
        since=records.unsubscribed_at,
        method=ibis.literal("unsubscribe"),
    )
    seen = ibis.least(since, records.unsubscribed_at)
    profile = {
        **{c: records[c] for c in ("email", "phone", "first_name", "last_name", "region", "language", "tags")},
        "country": places.country(records.country),
        "created_at": since,
        "traits": records.rest,
    }
    return {
        "consents": grants.union(withdrawals),
        **people.observed(person, intake, seen_at=seen, updated_at=records.changed_at, kind="mailchimp", profile=profile),
    }


def _person(records: ir.Table, intake: Intake) -> people.Person:
    return people.identified(records, intake, email=records.email, phone=records.phone)


LAYOUT = Layout(
    name="Mailchimp audience export",
    fields=_FIELDS,
    primary="profiles",
    key=lambda records, intake: people.profile_id(_person(records, intake), intake, kind="mailchimp"),
    facts=_facts,
    marks=("Email Address", "MEMBER_RATING", "LEID"),
    rest=True,
    notes=(Note("{count:,} permissions have no date: they are known to exist, not since when.", "consents", lambda r: ~r.is_dated),),
)
SOURCE = FileSource("mailchimp", "Members of a Mailchimp audience, with their consent to e-mail.", (LAYOUT,))
