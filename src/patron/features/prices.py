"""At what price: discounts, coupons, and the level of prices chosen."""

from __future__ import annotations

from functools import partial

from patron.features.feature import Feature, Follows
from patron.features.values import of, ratio, share

_order = partial(Feature, family="prices", needs=("orders",))

FEATURES = (
    _order(
        name="discount_total", kind="money", unit="money", seeds=("003-13", "003-14"),
        meaning="All that was taken off list prices.",
        value=of("orders", "discount"),
    ),
    _order(
        name="discount_share", kind="share", unit="share of list prices", seeds=("003-13", "003-15"),
        meaning="Discounts as a share of what the orders would have cost without.",
        value=lambda i: ratio(i["orders"]["discount"], i["orders"]["discount"] + i["orders"]["revenue"]),
    ),
    _order(
        name="coupon_order_count", kind="count", unit="orders", seeds=("003-13",),
        meaning="Orders with a coupon code.",
        value=of("orders", "coupon_count"),
    ),
    _order(
        name="coupon_order_share", kind="share", unit="share of orders", seeds=("003-13", "003-14"),
        meaning="Share of orders with a coupon code.",
        value=share("coupon_order_count", "order_count"), changes=Follows(("coupon_order_count", "order_count")),
    ),
    _order(
        name="coupon_redemption_count", kind="count", unit="coupons", needs=("redemptions",), seeds=("003-13",),
        meaning="Coupons redeemed that were recorded apart from the orders.",
        value=of("redemptions", "redemption_count"),
    ),
    _order(
        name="full_price_order_count", kind="count", unit="orders", seeds=("003-13", "000-28"),
        meaning="Orders without any discount.",
        value=of("orders", "full_price_count"),
    ),
    _order(
        name="full_price_order_share", kind="share", unit="share of orders", seeds=("003-13", "000-28"),
        meaning="Share of orders without any discount.",
        value=share("full_price_order_count", "order_count"), changes=Follows(("full_price_order_count", "order_count")),
    ),
    _order(
        name="sale_order_share", kind="share", unit="share of orders", seeds=("003-15", "001-29"),
        meaning="Share of orders with something reduced, other than by a coupon.",
        value=lambda i: ratio(i["orders"]["reduced_count"], i.feature("order_count")),
    ),
    _order(
        name="mean_unit_price", kind="mean_money", unit="money a unit", seeds=("003-15", "000-35"),
        meaning="Net revenue of the orders for each unit, before refunds.",
        value=lambda i: ratio(i["orders"]["revenue"], i["orders"]["units"]),
    ),
    _order(
        name="price_level", kind="number", unit="times the category's mean price", needs=("order_lines",), seeds=("003-15", "000-26"),
        meaning="How dear the chosen products are: the mean, over lines, of a product's price against its category's; 1 is average.",
        value=lambda i: ratio(i["baskets"]["level_sum"], i["baskets"]["level_lines"]) / 1e6,
    ),
)  # fmt: skip
