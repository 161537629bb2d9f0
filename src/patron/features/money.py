"""How much: net revenue, contribution margin, and what an order is worth. Refunds are taken off when they were given."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import ibis

from patron.features.feature import Feature, Follows, Slides
from patron.features.partials.partial import earliest
from patron.features.values import of, ratio

if TYPE_CHECKING:
    from collections.abc import Callable

    import ibis.expr.types as ir

    from patron.features.inputs import Inputs

_money = partial(Feature, family="money", needs=("orders",), kind="money", unit="money")
_mean = partial(Feature, family="money", needs=("orders",), kind="mean_money", unit="money an order")
_edge = partial(Feature, family="money", needs=("orders",), kind="instant", unit="instant", hidden=True)


def _kept(column: str) -> Callable[[Inputs], ir.Value]:
    """A lifetime sum over every sale, less refunds."""
    return lambda i: i["orders"][column] + i["cancelled_orders"][column] - i["refunds"][column]


def _margin(i: Inputs) -> ir.Value:
    """Unknown for who has ordered where it is unknown for the orders; 0 for who has not."""
    from_orders = ibis.ifelse(i["orders"]["order_count"] > 0, i["orders"]["margin"], _nothing(i))
    return from_orders + i["cancelled_orders"]["margin"] - i["refunds"]["margin"]


def _recent_margin(i: Inputs) -> ir.Value:
    from_orders = ibis.ifelse(i["recent_orders"]["edge_365d"].notnull(), i["recent_orders"]["margin_365d"], _nothing(i))
    return from_orders - i["refunds"]["margin_365d"]


def _nothing(i: Inputs) -> ir.Value:
    """No margin, where the shop's margin is known at all."""
    return ibis.null("int64") if i.facts.shop.margin_rate is None and not i.facts.costed else ibis.literal(0, "int64")


def _within(window: str, words: str) -> tuple[Feature, Feature]:
    return (
        _money(
            name=f"net_revenue_{window}", seeds=("004-04", "003-09"),
            meaning=f"Net revenue {words}: paid for products, without tax and shipping, less refunds given in that time.",
            value=lambda i: i["recent_orders"][f"revenue_{window}"] - i["refunds"][f"revenue_{window}"],
            changes=Slides(f"edge_money_{window}_at"),
        ),
        _edge(
            name=f"edge_money_{window}_at",
            meaning=f"When the next sale or refund enters or leaves the money {words}.",
            value=lambda i: earliest(i["recent_orders"][f"edge_{window}"], i["refunds"][f"edge_{window}"]),
        ),
    )  # fmt: skip


FEATURES = (
    _money(
        name="net_revenue", seeds=("000-01", "004-04", "003-09"),
        meaning="All the customer has paid for products, without tax and shipping, less discounts and refunds.",
        value=_kept("revenue"),
    ),
    *_within("30d", "of the last 30 days"),
    *_within("90d", "of the last 90 days"),
    *_within("365d", "of the last 365 days"),
    *_within("previous_365d", "of the year before the last 365 days"),
    _money(
        name="margin", seeds=("000-01", "000-09"),
        meaning="Contribution margin: net revenue less cost of goods, payment and delivery; unknown until costs or a margin rate are set.",
        value=_margin,
    ),
    _money(
        name="margin_365d", seeds=("000-09",),
        meaning="Contribution margin of the last 365 days, less what refunds of that time took back.",
        value=_recent_margin, changes=Slides("edge_money_365d_at"),
    ),
    _mean(
        name="mean_order_value", seeds=("000-09", "000-35", "002-27"),
        meaning="Net revenue for each order: the M of RFM.",
        value=lambda i: ratio(i.feature("net_revenue"), i.feature("order_count")), changes=Follows(("net_revenue", "order_count")),
    ),
    _mean(
        name="mean_order_margin", seeds=("000-09",),
        meaning="Contribution margin for each order.",
        value=lambda i: ratio(i.feature("margin"), i.feature("order_count")), changes=Follows(("margin", "order_count")),
    ),
    _money(
        name="largest_order_value", seeds=("003-09",),
        meaning="Net revenue of the largest order, before refunds.",
        value=of("orders", "largest_revenue"),
    ),
    _money(
        name="first_order_value", seeds=("000-01", "000-02"),
        meaning="Net revenue of the first order, before refunds.",
        value=of("first_orders", "revenue"),
    ),
    _money(
        name="first_order_margin", seeds=("000-01", "000-02"),
        meaning="Contribution margin of the first order, before refunds.",
        value=of("first_orders", "margin"),
    ),
    _money(
        name="last_order_value", seeds=("000-40",),
        meaning="Net revenue of the latest order, before refunds.",
        value=of("last_orders", "revenue"),
    ),
    _money(
        name="value_after_first_order", seeds=("000-02", "000-01"),
        meaning="What the customer brought after the first order: net revenue less the first order's.",
        value=lambda i: i.feature("net_revenue") - i.feature("first_order_value"),
        changes=Follows(("net_revenue", "first_order_value")),
    ),
    _money(
        name="fees_and_shipping", seeds=("003-12",),
        meaning="What the customer paid for shipping and fees on top of products, before refunds.",
        value=lambda i: i["orders"]["handling"] + i["cancelled_orders"]["handling"],
    ),
    Feature(
        name="spend_trend", family="money", kind="number", unit="times", needs=("orders",), seeds=("000-40", "004-08"),
        meaning="Net revenue of the last 365 days against the year before: below 1 the customer spends less than before.",
        value=lambda i: ratio(
            i.feature("net_revenue_365d"),
            ibis.ifelse(i.feature("net_revenue_previous_365d") > 0, i.feature("net_revenue_previous_365d"), ibis.null("int64")),
        ),
        changes=Follows(("net_revenue_365d", "net_revenue_previous_365d")),
    ),
)  # fmt: skip
