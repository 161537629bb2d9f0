"""When: the usual gap between orders, lateness, and the usual hour and day."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import ibis

from patron.features.feature import Ages, Feature, Follows
from patron.features.values import of, ratio
from patron.kernel.time import SECONDS_PER_DAY, days_between

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.features.inputs import Inputs

_order = partial(Feature, family="rhythm", needs=("orders",))
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _usual_gap(i: Inputs) -> ir.Value:
    """The customer's own median after two gaps; the mean of it and the shop's after one; the shop's before."""
    own, shop, gaps = i.feature("typical_gap_days"), i["shop_rhythm"]["median_gap_days"], i["order_gaps"]["gap_count"]
    blended = ibis.cases((gaps >= 2, own), (gaps == 1, (own + shop) / 2.0), else_=shop)
    return ibis.ifelse(i.feature("order_count") > 0, blended, ibis.null("float64"))


def _spread(i: Inputs) -> ir.Value:
    """Standard deviation over mean, from whole sums: exact until the root."""
    gaps = i["order_gaps"]
    count, days, squares = (gaps[c].cast("float64") for c in ("gap_count", "sum_days", "square_sum"))
    return ibis.ifelse(gaps["gap_count"] >= 2, (count * squares - days * days).sqrt() / days, ibis.null("float64"))


FEATURES = (
    _order(
        name="typical_gap_days", kind="number", unit="days", seeds=("001-23", "001-32"),
        meaning="The customer's own median of days between orders; orders of one day count as one; unknown before the second.",
        value=of("order_gaps", "median_days"),
    ),
    _order(
        name="usual_gap_days", kind="number", unit="days", seeds=("001-32", "000-40"),
        meaning="The gap to be expected: the customer's own after three order days, before that blended with the shop's median.",
        value=_usual_gap, changes=Follows(("typical_gap_days", "order_count")),
    ),
    _order(
        name="gap_spread", kind="number", unit="times the mean gap", seeds=("000-39",),
        meaning="How uneven the gaps are: their standard deviation over their mean; 0 is like clockwork; unknown before two gaps.",
        value=_spread,
    ),
    _order(
        name="lateness", kind="number", unit="usual gaps", seeds=("001-32", "000-40", "004-08", "004-09"),
        meaning="Days since the latest order over the usual gap: 1 is due now, 2 is twice as long as usual.",
        value=lambda i: ratio(i.feature("days_since_last_order"), i.feature("usual_gap_days")),
        changes=Ages("last_order_at", per="usual_gap_days"),
    ),
    _order(
        name="next_order_due_at", kind="instant", unit="instant", seeds=("003-16", "000-40"),
        meaning="When the next order is due: the latest order and the usual gap.",
        value=lambda i: i.feature("last_order_at")
        + (i.feature("usual_gap_days") * float(SECONDS_PER_DAY)).round().cast("int64").as_interval("s"),
        changes=Follows(("last_order_at", "usual_gap_days")),
    ),
    _order(
        name="days_to_second_order", kind="number", unit="days", seeds=("002-06", "003-17"),
        meaning="Days from the first to the second order; unknown before the second.",
        value=lambda i: days_between(i["order_habits"]["second_order_at"], i.feature("first_order_at")),
    ),
    _order(
        name="usual_weekday", kind="text", unit="weekday", seeds=("001-11",),
        meaning="The weekday, in the shop's time, on which the customer orders most; the earlier of equals.",
        value=lambda i: ibis.cases(*[(i["order_habits"]["weekday"] == n, name) for n, name in enumerate(WEEKDAYS)]),
    ),
    _order(
        name="usual_hour", kind="count", unit="hour of the day", seeds=("001-11",),
        meaning="The hour, 0 to 23 in the shop's time, in which the customer orders most; the earlier of equals.",
        value=of("order_habits", "hour"),
    ),
    _order(
        name="weekend_order_share", kind="share", unit="share of orders", seeds=("001-11",),
        meaning="Share of orders placed on a Saturday or Sunday, in the shop's time.",
        value=lambda i: ratio(i["order_habits"]["weekend_count"], i.feature("order_count")),
    ),
    _order(
        name="evening_order_share", kind="share", unit="share of orders", seeds=("001-11",),
        meaning="Share of orders placed from 18:00 to midnight, in the shop's time.",
        value=lambda i: ratio(i["order_habits"]["evening_count"], i.feature("order_count")),
    ),
)  # fmt: skip
