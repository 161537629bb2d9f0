"""What came back: refunds, returns, called-off orders."""

from __future__ import annotations

from functools import partial

from patron.features.feature import Ages, Feature
from patron.features.values import of, ratio
from patron.kernel.time import days_between

# Without any refund in the facts nothing was given back, as far as orders are known.
_order = partial(Feature, family="returns", needs=("orders",))

FEATURES = (
    _order(
        name="refund_count", kind="count", unit="refunds", seeds=("001-35",),
        meaning="How many times money was given back; the lines of one credit note count as one.",
        value=of("refund_documents", "refund_count"),
    ),
    _order(
        name="refund_total", kind="money", unit="money", seeds=("001-35",),
        meaning="What was given back for products, without tax and shipping.",
        value=of("refunds", "revenue"),
    ),
    _order(
        name="refund_share", kind="share", unit="share of net revenue before refunds", seeds=("001-35",),
        meaning="What was given back as a share of what was paid for products.",
        value=lambda i: ratio(i["refunds"]["revenue"], i["orders"]["revenue"] + i["cancelled_orders"]["revenue"]),
    ),
    _order(
        name="return_unit_share", kind="share", unit="share of units", seeds=("001-35",),
        meaning="Units given back as a share of units bought, called-off orders included on both sides.",
        value=lambda i: ratio(i["refunds"]["units"], i["orders"]["units"] + i["cancelled_orders"]["units"]),
    ),
    _order(
        name="cancelled_order_count", kind="count", unit="orders", seeds=("001-35", "003-27"),
        meaning="Orders that were called off or given back as a whole.",
        value=of("cancelled_orders", "cancelled_count"),
    ),
    _order(
        name="last_refund_at", kind="instant", unit="instant", seeds=("001-35",),
        meaning="When money was last given back.",
        value=of("refunds", "last_refund_at"),
    ),
    _order(
        name="days_since_last_refund", kind="number", unit="days", seeds=("001-35",),
        meaning="Days since money was last given back.",
        value=lambda i: days_between(i.now, i.feature("last_refund_at")), changes=Ages("last_refund_at"),
    ),
)  # fmt: skip
