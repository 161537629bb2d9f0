"""What the customer permits: marketing by e-mail, text message, push, WhatsApp."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import ibis

from patron.features.feature import Feature, Follows
from patron.features.partials.partial import latest

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.features.inputs import Inputs

_consent = partial(Feature, family="consent", needs=("consents",))


def _permission(channel: str, words: str) -> Feature:
    return _consent(
        name=f"{channel}_consent", kind="text", unit="granted, denied, withdrawn, pending or unknown", seeds=("002-40",),
        meaning=f"Whether the customer permits marketing {words}.",
        value=lambda i: ibis.coalesce(i["consents"][f"{channel}_consent"], "unknown"),
    )  # fmt: skip


def _is_subscribed(i: Inputs) -> ir.Value:
    """Permission holds until an e-mail led to an unsubscription or a complaint after it was given."""
    turned_away_at = latest(i["messages"]["last_email_unsubscribed_at"], i["messages"]["last_email_complained_at"])
    turned_away = ibis.coalesce(turned_away_at >= i["consents"]["email_consent_at"], False)
    return (i.feature("email_consent") == "granted") & ~turned_away


FEATURES = (
    _permission("email", "by e-mail"),
    _permission("sms", "by text message"),
    _permission("push", "by push message"),
    _permission("whatsapp", "by WhatsApp"),
    _consent(
        name="is_email_subscribed", kind="flag", unit="yes or no", seeds=("000-10", "003-18", "000-18"),
        meaning="Whether marketing by e-mail is permitted, and no e-mail since led to an unsubscription or a complaint.",
        value=_is_subscribed, changes=Follows(("email_consent",)),
    ),
    _consent(
        name="email_consent_since_at", kind="instant", unit="instant", seeds=("002-40",),
        meaning="Since when the permission or refusal for e-mail holds; unknown when its source does not say.",
        value=lambda i: ibis.ifelse(
            i["consents"]["email_is_dated"], i["consents"]["email_consent_at"], ibis.null("timestamp(6)")
        ),
    ),
)  # fmt: skip
