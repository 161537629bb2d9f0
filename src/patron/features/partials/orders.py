"""Partials of orders: lifetime sums, windows, the first and the last order, and the rhythm between them.

Counts are of orders that count (`Facts.sales`). Money is of every sale: one that was called off stays in the sum, and so does the refund
that gives it back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.features.partials.partial import Partial, earliest, first_in, leaves, number_of, since, total, within
from patron.kernel.time import dates_between, local_time

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.facts.as_of import Facts

EVENING = 18
WINDOWS = (30, 90, 365)
LOG_SCALE = 1e6
"""Logarithms of gaps are summed as whole millionths, so that no sum depends on the order of rows."""


def _lifetime(facts: Facts) -> ir.Table:
    sales = facts.sales.filter(facts.sales.customer_id.notnull())
    return sales.group_by("customer_id").aggregate(
        order_count=sales.count().cast("int64"),
        first_order_at=sales.ordered_at.min(),
        last_order_at=sales.ordered_at.max(),
        revenue=sales.net_revenue.sum().cast("int64"),
        margin=sales.margin.sum().cast("int64"),
        handling=(sales.shipping + sales.fees).sum().cast("int64"),
        largest_revenue=sales.net_revenue.max(),
        units=sales.units.sum().cast("decimal(18, 3)"),
        line_count=sales.line_count.sum().cast("int64"),
        discount=sales.discount.sum().cast("int64"),
        full_price_count=number_of(sales.discount == 0),
        coupon_count=number_of(_with_coupon(sales)),
        reduced_count=number_of(sales.discount > sales.coupon_discount),
    )


ORDERS = Partial(
    "orders",
    _lifetime,
    zeros=frozenset("order_count revenue handling units line_count discount full_price_count coupon_count reduced_count".split()),
)


def _cancelled(facts: Facts) -> ir.Table:
    orders = facts.orders
    off = orders.filter(orders.customer_id.notnull(), orders.kind == "sale", orders.cancelled_at.notnull())
    return off.group_by("customer_id").aggregate(
        cancelled_count=off.count().cast("int64"),
        revenue=off.net_revenue.sum().cast("int64"),
        margin=off.margin.sum().cast("int64"),
        handling=(off.shipping + off.fees).sum().cast("int64"),
        units=off.units.sum().cast("decimal(18, 3)"),
    )


CANCELLED = Partial("cancelled_orders", _cancelled, zeros=frozenset("cancelled_count revenue margin handling units".split()))


def _recent(facts: Facts) -> ir.Table:
    orders = facts.orders
    recent = orders.filter(orders.customer_id.notnull(), orders.kind == "sale", within(orders.ordered_at, facts, 2 * 365))
    at = recent.ordered_at
    counts = recent.cancelled_at.isnull()
    before = at < since(facts, 365)
    columns: dict[str, ir.Value] = {
        "order_count_previous_365d": number_of(counts & before),
        "revenue_previous_365d": total(before, recent.net_revenue),
        "margin_365d": ibis.ifelse(before, ibis.null("int64"), recent.margin).sum().cast("int64"),
        "edge_previous_365d": earliest(leaves(first_in(before, at), 730), leaves(first_in(~before, at), 365)),
    }
    for days in WINDOWS:
        inside = within(at, facts, days)
        columns[f"order_count_{days}d"] = number_of(counts & inside)
        columns[f"revenue_{days}d"] = total(inside, recent.net_revenue)
        columns[f"edge_{days}d"] = leaves(first_in(inside, at), days)
    return recent.group_by("customer_id").aggregate(**columns)


RECENT_ORDERS = Partial(
    "recent_orders",
    _recent,
    zeros=frozenset([f"{what}_{window}" for what in ("order_count", "revenue") for window in ("30d", "90d", "365d", "previous_365d")]),
)


def _active_days(facts: Facts) -> ir.Table:
    rows = ORDER_ROWS.table(facts)
    days = rows.filter(within(rows.ordered_at, facts, 365)).select("customer_id", "day").distinct()
    return days.group_by("customer_id").aggregate(active_days_365d=days.count().cast("int64"))


def _rows(facts: Facts) -> ir.Table:
    sales = facts.sales.filter(facts.sales.customer_id.notnull())
    local = local_time(sales.ordered_at, facts.shop.calendar)
    rows = sales.select(
        "customer_id",
        "order_id",
        "ordered_at",
        day=local.date(),
        weekday=local.day_of_week.index().cast("int8"),
        hour=local.hour().cast("int8"),
    )
    of_customer = ibis.window(group_by="customer_id", order_by=["ordered_at", "order_id"])
    numbered = rows.mutate(
        number=(ibis.row_number().over(of_customer) + 1).cast("int32"),
        day_before=rows.day.lag().over(of_customer),
        next_at=rows.ordered_at.lead().over(of_customer),
    )
    gap = dates_between(numbered.day, numbered.day_before).nullif(0)
    return numbered.mutate(gap_days=gap.cast("int32")).drop("day_before")


ORDER_ROWS = Partial("order_rows", _rows, grain="other")
"""One row per order that counts: customer_id, order_id, ordered_at, day (of the shop), weekday (0 Monday), hour, number (1 first),
next_at (the customer's next order), gap_days (since the day of the order before; null for the first and within a day)."""

ACTIVE_DAYS = Partial("active_days", _active_days, reads=(ORDER_ROWS,), zeros=frozenset({"active_days_365d"}))


def _habits(facts: Facts) -> ir.Table:
    rows = ORDER_ROWS.table(facts)
    days = [number_of(rows.weekday == day) * 32 + (31 - day) for day in range(7)]
    habits = rows.group_by("customer_id").aggregate(
        weekend_count=number_of(rows.weekday >= 5),
        evening_count=number_of(rows.hour >= EVENING),
        weekday=_unpacked(ibis.greatest(*days)),
        second_order_at=first_in(rows.number == 2, rows.ordered_at),
    )
    counts = rows.group_by(["customer_id", "hour"]).aggregate(n=lambda t: t.count().cast("int64"))
    hours = counts.group_by(_customer="customer_id").aggregate(hour=_unpacked((counts.n * 32 + (31 - counts.hour)).max()))
    return habits.inner_join(hours, habits.customer_id == hours._customer).drop("_customer")


def _unpacked(packed: ir.IntegerValue) -> ir.IntegerValue:
    """The value that goes with the largest count, of equals the smallest value: both share an integer, five bits for 31 less the value."""
    return (31 - packed % 32).cast("int64")


HABITS = Partial("order_habits", _habits, reads=(ORDER_ROWS,), zeros=frozenset({"weekend_count", "evening_count"}))


def _gaps(facts: Facts) -> ir.Table:
    rows = ORDER_ROWS.table(facts)
    gaps = rows.filter(rows.gap_days.notnull())
    days = gaps.gap_days.cast("int64")
    log = gaps.gap_days.cast("float64").ln()
    return gaps.group_by("customer_id").aggregate(
        gap_count=gaps.count().cast("int64"),
        median_days=gaps.gap_days.cast("float64").median(),
        sum_days=days.sum().cast("int64"),
        square_sum=(days * days).sum().cast("int64"),
        log_sum=(log * LOG_SCALE).round().cast("int64").sum().cast("int64"),
        log_square_sum=(log * log * LOG_SCALE).round().cast("int64").sum().cast("int64"),
    )


GAPS = Partial("order_gaps", _gaps, reads=(ORDER_ROWS,), zeros=frozenset({"gap_count"}))


def _firsts(facts: Facts) -> ir.Table:
    rows = ORDER_ROWS.table(facts)
    first = rows.filter(rows.number == 1).select(_order="order_id")
    sales = facts.sales
    return sales.inner_join(first, sales.order_id == first._order).select(
        "customer_id",
        "margin",
        "discount",
        revenue=sales.net_revenue,
        has_coupon=_with_coupon(sales),
        channel=sales.channel,
        source=sales.campaign_source,
        medium=sales.campaign_medium,
        campaign=sales.campaign_name,
    )


FIRST_ORDERS = Partial("first_orders", _firsts, reads=(ORDER_ROWS,))


def _lasts(facts: Facts) -> ir.Table:
    rows = ORDER_ROWS.table(facts)
    last = rows.filter(rows.next_at.isnull()).select(_order="order_id")
    sales = facts.sales
    return sales.inner_join(last, sales.order_id == last._order).select(
        "customer_id", "country", "region", "city", revenue=sales.net_revenue
    )


LAST_ORDERS = Partial("last_orders", _lasts, reads=(ORDER_ROWS,))


def _with_coupon(orders: ir.Table) -> ir.BooleanValue:
    return orders.coupon_code.notnull() | (orders.coupon_discount > 0)
