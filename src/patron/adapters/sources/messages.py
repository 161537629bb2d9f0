"""Messages that were sent, one row per message and person, with what came back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.collect import ids, people
from patron.ports.source import Check, Field, FileSource, Layout, Note

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

_RECEIPTS = ("opened_at", "machine_opened_at", "clicked_at", "bounced_at", "complained_at", "unsubscribed_at")
_FIELDS = (
    Field("number", "reference", ("message id", "id", "delivery id")),
    Field("sent_at", "instant", ("sent", "send time", "date", "sent on", "delivered at", "start date"), needed=True, filled=True),
    Field("customer_number", "reference", ("customer id", "customer no", "household id", "user id", "contact id", "recipient id")),
    Field("email", "email", ("recipient", "e-mail", "email address", "to")),
    Field("phone", "phone", ("phone number", "mobile")),
    Field("channel", "text", ("medium", "type", "campaign channel")),
    Field("purpose", "text"),
    Field("campaign_name", "text", ("campaign", "campaign id", "subject", "name")),
    Field("opened_at", "instant", ("opened", "open time", "first opened at")),
    Field("machine_opened_at", "instant", ("machine opened",)),
    Field("clicked_at", "instant", ("clicked", "click time", "first clicked at")),
    Field("bounced_at", "instant", ("bounced", "bounce time")),
    Field("complained_at", "instant", ("complained", "marked as spam at", "spam complaint at")),
    Field("unsubscribed_at", "instant", ("unsubscribed", "unsubscribe time")),
    Field("updated_at", "instant", ("modified at",)),
)  # fmt: skip


def _person(records: ir.Table, intake: Intake) -> people.Person:
    return people.identified(records, intake, customer_number=records.customer_number, email=records.email, phone=records.phone)


def _channel(records: ir.Table) -> ir.StringValue:
    """As said; else e-mail, or SMS when only a phone number is known."""
    by_address = ibis.ifelse(records.email.isnull() & records.phone.notnull(), ibis.literal("sms"), ibis.literal("email"))
    return ibis.coalesce(records.channel.lower().replace("e-mail", "email"), by_address)


def _key(records: ir.Table, intake: Intake) -> ir.IntegerValue:
    """By its id, else by whom it went to, when, and what it was."""
    campaign = ibis.coalesce(records.campaign_name, ibis.literal(""))
    person = _person(records, intake).id.cast("string")
    by_content = ids.named("message", "", person, _channel(records), records.sent_at.cast("string"), campaign)
    by_number = ids.named("message", intake.source, intake.scope, records.number)
    return ibis.coalesce(by_number, by_content) if "number" in intake.has else by_content


def _facts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    person = _person(records, intake)
    latest = ibis.greatest(*(ibis.coalesce(records[c], records.sent_at) for c in ("updated_at", *_RECEIPTS)))
    rows = records.select(
        "sent_at",
        "campaign_name",
        "clicked_at",
        "machine_opened_at",
        "bounced_at",
        "complained_at",
        "unsubscribed_at",
        message_id=records.key,
        person_id=person.id,
        channel=_channel(records),
        purpose=ibis.coalesce(records.purpose.lower(), ibis.literal("marketing")),
        # Whoever clicked has opened it, whether or not a picture was loaded.
        opened_at=ibis.coalesce(records.opened_at, records.clicked_at),
        updated_at=latest,
    )
    return {"messages": rows, **people.observed(person, intake, seen_at=records.sent_at)}


def _early(records: ir.Table) -> ir.BooleanValue:
    return ibis.least(*(ibis.coalesce(records[c], records.sent_at) for c in _RECEIPTS)) < records.sent_at


LAYOUT = Layout(
    name="messages, one row each",
    fields=_FIELDS,
    primary="messages",
    key=_key,
    facts=_facts,
    checks=(
        Check(
            "customer_number",
            lambda r: r.customer_number.isnull() & r.email.isnull() & r.phone.isnull(),
            "a customer number, an e-mail address or a phone number",
        ),
        Check("sent_at", _early, "an instant before the message was opened, clicked or came back"),
    ),
    notes=(
        Note(
            "{count:,} messages were opened by machines only.", "messages", lambda r: r.opened_at.isnull() & r.machine_opened_at.notnull()
        ),
    ),
)
SOURCE = FileSource("messages", "Messages that were sent, one row per message and person.", (LAYOUT,))
