"""Shopify's export of customers, in the layout of today and the one of up to 2023."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import ibis

from patron.adapters.sources.customers_rows import consents, granted
from patron.collect import people
from patron.collect.places import country
from patron.kernel.time import type_of_instant
from patron.ports.source import Check, Field, Layout, Note

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

_ADDRESS = {
    "city": ("default address city",),
    "region": ("default address province code", "province code", "province"),
    "country": ("default address country code", "country code"),
    "postal_code": ("default address zip", "zip"),
}
_PROFILE = ("customer_number", "email", "phone", "first_name", "last_name", "region", "city", "postal_code", "tags")
_CONSENTS = {"email": "accepts_email", "sms": "accepts_sms", "whatsapp": "accepts_whatsapp"}
_FIELDS = (
    Field("customer_number", "reference", ("customer id",)),
    Field("first_name", "text", needed=True),
    Field("last_name", "text", needed=True),
    Field("email", "email", needed=True),
    Field("phone", "phone", ("default address phone",)),
    Field("accepts_email", "flag", ("accepts email marketing", "accepts marketing"), needed=True),
    Field("accepts_sms", "flag", ("accepts sms marketing",)),
    Field("accepts_whatsapp", "flag", ("accepts whatsapp marketing",)),
    *(Field(name, "text", headers) for name, headers in _ADDRESS.items()),
    Field("tags", "text"),
    Field("total_spent", "amount", needed=True),
)


def _person(records: ir.Table, intake: Intake) -> people.Person:
    number = records.customer_number if "customer_number" in intake.has else None
    return people.identified(records, intake, customer_number=number, email=records.email, phone=records.phone)


def _facts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    person = _person(records, intake)
    profile = {
        c: records[c] for c in ("customer_number", "email", "phone", "first_name", "last_name", "region", "city", "postal_code", "tags")
    }
    nothing = ibis.null(type_of_instant)
    known = intake.exported
    given = [_consents(records, person, intake, channel) for channel, field in _CONSENTS.items() if field in intake.has]
    return {
        **people.observed(
            person, intake, seen_at=nothing, updated_at=known, kind="customers",
            profile={**profile, "country": country(records.country), "traits": records.rest},
        ),
        "consents": reduce(lambda a, b: a.union(b), given),
    }  # fmt: skip


def _consents(records: ir.Table, person: people.Person, intake: Intake, channel: str) -> ir.Table:
    return consents(person, intake, channel=channel, status=granted(records[_CONSENTS[channel]]))


LAYOUT = Layout(
    name="Shopify customers export",
    fields=_FIELDS,
    primary="profiles",
    key=lambda records, intake: people.profile_id(_person(records, intake), intake, kind="customers"),
    facts=_facts,
    checks=(
        Check(
            "email",
            lambda r: r.email.isnull() & r.phone.isnull() & r.customer_number.isnull(),
            "an e-mail address, a phone number or a customer id",
            "without one of them nobody can tell who it is",
        ),
    ),
    rest=True,
    notes=(
        Note(
            "{count:,} permissions have no date: they hold since this export was made.",
            "consents",
            lambda c: c.status == "granted",
        ),
    ),
)
