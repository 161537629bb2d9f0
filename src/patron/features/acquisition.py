"""Where from: what led to the first order, and what it was."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import ibis

from patron.facts.channels import DIRECT, by_tags
from patron.features.feature import Feature
from patron.features.values import of, ratio
from patron.kernel.time import local_time

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.features.inputs import Inputs

_order = partial(Feature, family="acquisition", needs=("orders",))


def _channel(i: Inputs) -> ir.Value:
    """The channel by the tags of the first order; without tags, where the order was placed."""
    first = i["first_orders"]
    placed = first["channel"].lower()
    elsewhere = ibis.ifelse(placed != "web", placed, ibis.null("string"))
    direct = ibis.ifelse(i.feature("order_count") > 0, DIRECT, ibis.null("string"))
    return ibis.coalesce(by_tags(first["source"], first["medium"]), elsewhere, direct)


def _month(i: Inputs) -> ir.Value:
    day = local_time(i.feature("first_order_at"), i.facts.shop.calendar)
    month = day.month()
    zero = ibis.ifelse(month < 10, "-0", "-")
    return day.year().cast("string").concat(zero, month.cast("string"))


FEATURES = (
    _order(
        name="first_source", kind="text", unit="source", seeds=("001-07", "002-26"),
        meaning="The source (utm_source) that led to the first order.",
        value=of("first_orders", "source"),
    ),
    _order(
        name="first_medium", kind="text", unit="medium", seeds=("001-07", "002-26"),
        meaning="The medium (utm_medium) that led to the first order.",
        value=of("first_orders", "medium"),
    ),
    _order(
        name="first_campaign", kind="text", unit="campaign", seeds=("001-09", "002-26"),
        meaning="The campaign (utm_campaign) that led to the first order.",
        value=of("first_orders", "campaign"),
    ),
    _order(
        name="acquisition_channel", kind="text", unit="channel", seeds=("001-07", "002-13", "002-28"),
        meaning="The channel that won the customer, from the tags of the first order: paid_search, social, email …; direct without tags.",
        value=_channel,
    ),
    _order(
        name="is_acquired_by_coupon", kind="flag", unit="yes or no", seeds=("001-29", "003-13"),
        meaning="Whether the first order used a coupon.",
        value=of("first_orders", "has_coupon"),
    ),
    _order(
        name="first_order_discount_share", kind="share", unit="share of list prices", seeds=("001-29",),
        meaning="Discount of the first order as a share of what it would have cost without.",
        value=lambda i: ratio(i["first_orders"]["discount"], i["first_orders"]["discount"] + i["first_orders"]["revenue"]),
    ),
    _order(
        name="first_category", kind="text", unit="category", needs=("order_lines",), seeds=("000-03", "001-30"),
        meaning="The category of the dearest line of the first order.",
        value=of("end_lines", "first_category"),
    ),
    _order(
        name="first_product_id", kind="id", unit="product", needs=("order_lines",), seeds=("000-03",),
        meaning="The product of the dearest line of the first order.",
        value=of("end_lines", "first_product_id"),
    ),
    _order(
        name="acquisition_month", kind="text", unit="month", seeds=("004-06",),
        meaning="The month of the first order in the shop's time, such as 2011-03.",
        value=_month,
    ),
)  # fmt: skip
