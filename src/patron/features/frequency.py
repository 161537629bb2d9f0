"""How often: orders in all and in windows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import ibis

from patron.features.feature import AHEAD_DAYS, Feature, Follows, Slides
from patron.features.values import of, ratio
from patron.kernel.time import SECONDS_PER_DAY

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.features.inputs import Inputs

_order = partial(Feature, family="frequency", needs=("orders",))
_edge = partial(Feature, family="frequency", needs=("orders",), kind="instant", unit="instant", hidden=True)
_YEAR = 365.0


def _window(days: int) -> tuple[Feature, Feature]:
    return (
        _order(
            name=f"order_count_{days}d", kind="count", unit="orders", seeds=("004-03",),
            meaning=f"Orders in the last {days} days.",
            value=of("recent_orders", f"order_count_{days}d"), changes=Slides(f"edge_orders_{days}d_at", falls=True),
        ),
        _edge(
            name=f"edge_orders_{days}d_at",
            meaning=f"When the next order leaves the last {days} days.",
            value=of("recent_orders", f"edge_{days}d"),
        ),
    )  # fmt: skip


def _each_year(orders: ir.Value, tenure_days: ir.Value, *, later: int = 0) -> ir.Value:
    return ratio(orders, ibis.greatest((tenure_days.floor().cast("float64") + float(later)) / _YEAR, 1.0))


def _next_tenure_day(i: Inputs) -> ir.Value:
    days = ibis.greatest(i.feature("tenure_days").floor().cast("int64"), int(_YEAR)) + 1
    return i.feature("first_order_at").truncate("s") + (days * SECONDS_PER_DAY).as_interval("s")


FEATURES = (
    _order(
        name="order_count", kind="count", unit="orders", seeds=("004-03", "003-28"),
        meaning="How many orders the customer has placed; called-off ones do not count.",
        value=of("orders", "order_count"),
    ),
    _order(
        name="repeat_count", kind="count", unit="orders", seeds=("001-23",),
        meaning="Orders after the first.",
        value=lambda i: ibis.greatest(i.feature("order_count") - 1, 0), changes=Follows(("order_count",)),
    ),
    *_window(30),
    *_window(90),
    *_window(365),
    _order(
        name="order_count_previous_365d", kind="count", unit="orders", seeds=("000-40",),
        meaning="Orders in the year before the last 365 days.",
        value=of("recent_orders", "order_count_previous_365d"), changes=Slides("edge_orders_previous_365d_at"),
    ),
    _edge(
        name="edge_orders_previous_365d_at",
        meaning="When the next order enters or leaves the year before the last 365 days.",
        value=of("recent_orders", "edge_previous_365d"),
    ),
    _order(
        name="active_days_365d", kind="count", unit="days", seeds=("001-04",),
        meaning="Days on which the customer ordered, in the last 365 days.",
        value=of("active_days", "active_days_365d"), changes=Slides("edge_orders_365d_at"),
    ),
    _order(
        name="orders_per_year", kind="number", unit="orders a year", seeds=("001-23", "004-03"),
        meaning="Orders for each year since the first order, in whole days; the first year counts in full.",
        value=lambda i: _each_year(i.feature("order_count"), i.feature("tenure_days")),
        changes=Slides("edge_tenure_day_at", falls=True, ahead="orders_per_year_ahead"),
    ),
    _order(
        name="orders_per_year_ahead", kind="number", unit="orders a year", hidden=True,
        meaning=f"What the orders of a year will be in {AHEAD_DAYS} days if nothing happens.",
        value=lambda i: _each_year(i.feature("order_count"), i.feature("tenure_days"), later=AHEAD_DAYS),
    ),
    _edge(
        name="edge_tenure_day_at",
        meaning="When the customer has been one for another whole day, after the first year.",
        value=_next_tenure_day,
    ),
)  # fmt: skip
