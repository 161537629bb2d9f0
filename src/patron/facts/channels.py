"""Channels by which people come: one set of rules over tags (UTM) and the page before, for orders and for touches alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

DIRECT = "direct"

_SOCIAL = ["facebook", "instagram", "tiktok", "pinterest", "twitter", "x", "youtube", "linkedin", "snapchat", "reddit", "fb", "ig"]
_SEARCH = ["google", "bing", "duckduckgo", "yahoo", "ecosia", "yandex", "baidu", "seznam"]
_SHORT_ADDRESSES = ["t.co", "lnkd.in", "youtu.be", "redd.it"]
_PAID = ["cpc", "ppc", "paidsearch", "paid_search", "sem", "shopping"]
MEDIA: Mapping[str, list[str]] = {
    "paid_search": _PAID,
    "paid_social": ["paid_social", "paidsocial", "social_paid", "paid-social", "cpm"],
    "display": ["display", "banner", "retargeting", "programmatic"],
    "email": ["email", "e-mail", "newsletter", "mail"],
    "messaging": ["sms", "whatsapp", "push", "messenger"],
    "affiliate": ["affiliate", "affiliates", "partner"],
    "organic_search": ["organic", "seo"],
    "social": ["social", "social-network", "social_media", "sm"],
    "referral": ["referral", "refer-a-friend", "link"],
}
"""The words of utm_medium that mean a channel."""

_HOST = r"^[A-Za-z][A-Za-z0-9+.\-]*://(?:[^/?#@]*@)?(?:[Ww][Ww][Ww]\.)?([^/:?#]+)"
_ENDING = r"\.(?:[a-z]{2,4}|com?\.[a-z]{2})$"  # so that x.com is one of these, and x.shop.example is not


def by_tags(source: ir.StringValue, medium: ir.StringValue) -> ir.StringValue:
    """The channel that tags name; null where there are none.

    Args:
        source: utm_source.
        medium: utm_medium; where it says something, it decides.
    """
    source, medium = source.lower(), medium.lower()
    paid_social = medium.isin(_PAID) & source.isin(_SOCIAL)
    by_medium = [(medium.isin(words), name) for name, words in MEDIA.items()]
    return ibis.cases(
        (ibis.coalesce(paid_social, ibis.literal(value=False)), "paid_social"),
        *by_medium,
        (medium.isnull() & source.isin(_SOCIAL), "social"),
        (medium.isnull() & source.isin(_SEARCH), "organic_search"),
        (medium.notnull() | source.notnull(), "other"),
    )


def by_referrer(host: ir.StringValue) -> ir.StringValue:
    """The channel of a page of another site that somebody came from; null where there is none."""
    return ibis.cases(
        (host.re_search(_one_of(_SEARCH)), "organic_search"),
        (host.re_search(_one_of(_SOCIAL)) | host.isin(_SHORT_ADDRESSES), "social"),
        (host.notnull(), "referral"),
    )


def host_of(address: ir.StringValue) -> ir.StringValue:
    """The host of an address, in lower case and without `www.`; null where there is none."""
    return address.re_extract(_HOST, 1).lower().nullif("")


def _one_of(names: list[str]) -> str:
    return rf"(?:^|\.)(?:{'|'.join(names)}){_ENDING}"
