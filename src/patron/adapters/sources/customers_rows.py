"""What all lists of customers share: words for sexes, and consents, dated or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.collect import ids

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.collect.people import Person
    from patron.ports.source import Intake

_FEMALE = ("f", "female", "w", "woman", "women", "weiblich", "frau", "femme", "mujer", "donna", "nő", "żeńska", "ms", "mrs", "miss")
_MALE = ("m", "male", "man", "men", "männlich", "maennlich", "herr", "homme", "hombre", "uomo", "férfi", "męska", "mr")


def gender(text: ir.StringValue) -> ir.StringValue:
    """female, male or other; null where nothing is said."""
    lower = text.lower()
    nothing = ("unknown", "n/a", "none", "not specified", "-")
    return ibis.cases(
        (lower.isin(_FEMALE), ibis.literal("female")),
        (lower.isin(_MALE), ibis.literal("male")),
        (lower.isnull() | lower.isin(nothing), ibis.null("string")),
        else_=ibis.literal("other"),
    )


def consents(  # noqa: PLR0913  # they are the columns of a consent
    person: Person,
    intake: Intake,
    *,
    channel: str,
    status: ir.StringValue,
    since: ir.TimestampValue | None = None,
    method: ir.StringValue | None = None,
    known_at: ir.TimestampValue | None = None,
) -> ir.Table:
    """Rows of `consents` for one channel; a permission without a date is granted, but since when is not known.

    Args:
        person: of each record; e-mail consent belongs to the address, SMS consent to the phone number, where there is one.
        intake: the file's.
        channel: email, sms …
        status: granted, denied, withdrawn or pending; null where nothing is said.
        since: the instant from which it holds; null where none is known.
        method: how it was given.
        known_at: when it was known to hold, where nobody knows since when; the file's time by default.
    """
    kind = "email" if channel == "email" else "phone"
    own = [i.id for i in person.identifiers if i.kind == kind]
    at = ibis.null("timestamp(6)") if since is None else since
    of = person.records.select(
        person_id=ibis.coalesce(*own, person.id) if own else person.id,
        status=status,
        _at=at,
        _known_at=intake.exported if known_at is None else ibis.coalesce(known_at, intake.exported),
        method=ibis.null("string") if method is None else method,
    )
    given = of.filter(of.status.notnull(), of.person_id.notnull())
    since_text = ibis.coalesce(given._at.cast("string"), ibis.literal("unknown"))
    keyed = given.mutate(consent_id=ids.named("consent", given.person_id.cast("string"), channel, "marketing", given.status, since_text))
    return keyed.select(
        consent_id=keyed.consent_id,
        person_id=keyed.person_id,
        channel=ibis.literal(channel),
        purpose=ibis.literal("marketing"),
        status=keyed.status,
        occurred_at=ibis.coalesce(keyed._at, keyed._known_at),
        is_dated=keyed._at.notnull(),
        method=ibis.coalesce(keyed.method, ibis.literal("import")),
    )


def granted(flag: ir.BooleanValue) -> ir.StringValue:
    """What yes and no mean for a permission; nothing said is nothing known."""
    return ibis.cases((flag, ibis.literal("granted")), (~flag, ibis.literal("denied")), else_=ibis.null("string"))
