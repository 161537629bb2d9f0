"""Days of a shop's past with what was known of its customers then and what they did after: rows for a back-test, in the engine.

Nothing that happened at or after such a day goes into what was known; what happened within the horizon is taken as it is known now.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis

from patron.features.partials.histories import HISTORIES, last_day
from patron.features.partials.orders import LOG_SCALE
from patron.kernel.time import dates_between, literal, local_date

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.facts.as_of import Facts

_LEAST_DAYS = 30
"""Origins are so many days after the first order, and apart, at least."""
_LEAST_APART = 7


@dataclass(frozen=True, slots=True)
class Past:
    """A day to look back to.

    Attributes:
        day: facts of this day and later were not known.
        horizon_days: what happened on so many days from then on.
    """

    day: date
    horizon_days: int

    @property
    def horizon(self) -> timedelta:
        """How far to look."""
        return timedelta(days=self.horizon_days)

    @property
    def eve(self) -> date:
        """The last day that is known."""
        return self.day - timedelta(days=1)


def pasts(facts: Facts, first_day: date, *, count: int, horizon_days: int) -> tuple[Past, ...]:
    """Days to look back to, as many horizons apart as the past has room for, the latest a horizon ago.

    Args:
        facts: as of the instant from which to look back.
        first_day: the shop's day of the first order.
        count: how many at most.
        horizon_days: how far to look from each.

    Returns:
        In the order of time; closer together where the past is short, fewer where even that does not fit.
    """
    latest = last_day(facts) + timedelta(days=1 - horizon_days)
    room = (latest - first_day).days - max(_LEAST_DAYS, min(horizon_days, _LEAST_DAYS * 3))
    if room < 0:
        return ()
    apart = min(horizon_days, room // (count - 1)) if count > 1 else horizon_days
    if apart < _LEAST_APART:
        return (Past(latest, horizon_days),)
    return tuple(Past(latest - timedelta(days=apart * back), horizon_days) for back in reversed(range(count)))


def known_then(facts: Facts, past: Past) -> Facts:
    """Facts before a day of the past."""
    return replace(facts, as_of=facts.shop.calendar.midnight(past.day))


def rows_of(facts: Facts, past: Past, *, one_in: int = 1) -> ir.Table:
    """Customers known at a day of the past, with what they did within the horizon.

    Args:
        facts: as of the instant from which to look back.
        past: the day and the horizon.
        one_in: only so small a part of the customers, chosen by their ids, which are as good as drawn.

    Returns:
        One row per customer: customer_id, x, t_x, age_days, paid_count, paid_sum, log_gaps (the sum of the logarithms of gaps between days
        with an order, in millionths) as known then; order_count (days with an order) and revenue (net, of what was not called off) within
        the horizon.
    """
    calendar = facts.shop.calendar
    until = replace(facts, as_of=calendar.midnight(past.day + timedelta(days=past.horizon_days)))
    known = HISTORIES.expression(known_then(facts, past))
    known = known.filter(known.customer_id % one_in == 0) if one_in > 1 else known
    sales = until.sales
    later = sales.filter(sales.customer_id.notnull(), sales.ordered_at >= literal(calendar.midnight(past.day)))
    days = later.select("customer_id", "net_revenue", day=local_date(later.ordered_at, calendar)).group_by("customer_id", "day")
    each = days.aggregate(revenue=lambda t: t.net_revenue.sum().cast("int64"))
    did = each.group_by(_id="customer_id").aggregate(order_count=each.count().cast("int64"), revenue=each.revenue.sum().cast("int64"))
    gaps = _gaps(known_then(facts, past), one_in)
    both = known.left_join(gaps, known.customer_id == gaps._of).left_join(did, known.customer_id == did._id)
    return both.select(
        *known.columns,
        log_gaps=ibis.coalesce(both.log_gaps, 0).cast("int64"),
        order_count=ibis.coalesce(both.order_count, 0).cast("int64"),
        revenue=ibis.coalesce(both.revenue, 0).cast("int64"),
    )


def busy_days(facts: Facts) -> ir.Table:
    """Days of the shop with how many customers ordered on each: day, order_count; days without an order are left out."""
    days = _days(facts, 1)
    return days.group_by("day").aggregate(order_count=days.count().cast("int64"))


def _days(facts: Facts, one_in: int) -> ir.Table:
    """Customers' days with an order that counts."""
    sales = facts.sales.filter(facts.sales.customer_id.notnull())
    sales = sales.filter(sales.customer_id % one_in == 0) if one_in > 1 else sales
    return sales.select("customer_id", day=local_date(sales.ordered_at, facts.shop.calendar)).distinct()


def _gaps(facts: Facts, one_in: int) -> ir.Table:
    days = _days(facts, one_in)
    before = days.day.lag().over(ibis.window(group_by="customer_id", order_by="day"))
    apart = days.mutate(gap=dates_between(days.day, before))
    some = apart.filter(apart.gap.notnull())
    log = some.gap.cast("float64").ln() * LOG_SCALE
    return some.group_by(_of="customer_id").aggregate(log_gaps=log.round().cast("int64").sum().cast("int64"))
