"""Coupons that were redeemed, one row each, from shops whose order lines do not carry them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.collect import ids, people
from patron.ports.source import Check, Field, FileSource, Layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

_FIELDS = (
    Field("coupon_code", "reference", ("coupon", "coupon upc", "code", "voucher", "discount code", "coupon id"), needed=True, filled=True),
    Field("redeemed_at", "instant", ("redemption date", "redeemed on", "date", "used at", "timestamp"), needed=True, filled=True),
    Field("customer_number", "reference", ("customer id", "customer no", "household id", "user id", "member id")),
    Field("email", "email", ("customer email", "e-mail", "email address")),
    Field("campaign_name", "reference", ("campaign", "campaign id")),
)


def _person(records: ir.Table, intake: Intake) -> people.Person:
    return people.identified(records, intake, customer_number=records.customer_number, email=records.email)


def _key(records: ir.Table, intake: Intake) -> ir.IntegerValue:
    person = _person(records, intake).id.cast("string")
    campaign = ibis.coalesce(records.campaign_name, ibis.literal(""))
    text = ids.named("redemption", person, records.coupon_code, campaign, records.redeemed_at.cast("string"))
    times = ibis.row_number().over(ibis.window(group_by=text)).cast("string")
    return ids.named("redemption", text.cast("string"), times)


def _facts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    person = _person(records, intake)
    rows = records.select("coupon_code", "campaign_name", "redeemed_at", redemption_id=records.key, person_id=person.id)
    return {"redemptions": rows, **people.observed(person, intake, seen_at=records.redeemed_at)}


LAYOUT = Layout(
    name="redemptions, one row each",
    fields=_FIELDS,
    primary="redemptions",
    key=_key,
    facts=_facts,
    checks=(Check("customer_number", lambda r: r.customer_number.isnull() & r.email.isnull(), "a customer number or an e-mail address"),),
)
SOURCE = FileSource("redemptions", "Coupons that were redeemed, one row each.", (LAYOUT,))
