"""Partials of what is to be expected: purchase histories, and the answers that kept models give for them.

A history is what a purchase model knows of a customer: how many days with an order after the first, and how old the customer was at the
last of them and is now. Many customers share one, so models answer once for each distinct history, in `CELLS`; what they say of money
and of the next order is one row of parameters, `TERMS`. Both tables are filled between the steps, by whoever runs them; here the answers
are given back to the customers by joins, wherever the engine is and however many they are.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import ibis

from patron.features.partials.orders import GAPS, LOG_SCALE
from patron.features.partials.partial import Partial, number_of, total
from patron.features.values import number
from patron.kernel.tables import Column, Table
from patron.kernel.time import dates_between, local_date

if TYPE_CHECKING:
    from datetime import date

    import ibis.expr.types as ir

    from patron.facts.as_of import Facts

HORIZONS = (30, 90, 365)
KEY = ("x", "t_x", "age_days")

CELLS = Table(
    "prediction_cells",
    "one row per distinct purchase history: what the kept model of orders says of it",
    KEY,
    (
        Column("x", "count", "days with an order after the first", required=True),
        Column("t_x", "count", "days from the first to the last day with an order", required=True),
        Column("age_days", "count", "days from the first order until now", required=True),
        Column("p_alive", "share", "probability to be still a customer", required=True),
        Column("p_order_90d", "share", "probability of an order within 90 days", required=True),
        *(Column(f"orders_{days}d", "number", f"expected orders within {days} days", required=True) for days in HORIZONS),
        Column("orders_90d_low", "number", "of ten such customers, one orders less within 90 days", required=True),
        Column("orders_90d_high", "number", "of ten such customers, one orders more within 90 days", required=True),
        Column("orders_365d_if_here", "number", "expected orders within 365 days of whoever is still a customer", required=True),
        Column("discounted_orders_365d", "number", "expected orders within 365 days, each discounted to now", required=True),
    ),
)
TERMS = Table(
    "prediction_terms",
    "one row: parameters of the kept models that are applied to each customer's own sums",
    (),
    (
        Column("spend_p", "number", "p of Gamma-Gamma"),
        Column("spend_q", "number", "q of Gamma-Gamma"),
        Column("spend_v", "number", "v of Gamma-Gamma, in minor units of the shop's currency"),
        Column("spend_mean", "number", "mean value of a day with an order, where Gamma-Gamma has no answer, in minor units"),
        Column("gap_centre", "number", "mean of the customers' mean logarithms of gaps in days"),
        Column("gap_between", "number", "variance of these means"),
        Column("gap_within", "number", "usual variance of the logarithms of one customer's gaps"),
        Column("gap_certainty", "number", "for how many gaps the usual variance counts"),
    ),
)
NEXT = Table(
    "prediction_gaps",
    "one row per degrees of freedom and step of what has passed of a gap: where it ends, in standard deviations of its logarithm",
    ("degrees", "step"),
    (
        Column("degrees", "count", "gaps less one, up to the most", required=True),
        Column("step", "count", "standard deviations that have passed, in steps", required=True),
        Column("low", "number", "nine of ten gaps end later", required=True),
        Column("middle", "number", "one of two gaps ends later", required=True),
        Column("high", "number", "one of ten gaps ends later", required=True),
    ),
)
MOST_DEGREES = 12
STEPS = 64
"""Of one standard deviation."""
FIRST_STEP, LAST_STEP = -6 * STEPS, 14 * STEPS


def last_day(facts: Facts) -> date:
    """The shop's day of the last moment before as of: at midnight it is the day that has just ended."""
    return facts.shop.calendar.day_of(facts.as_of - timedelta(microseconds=1))


def _histories(facts: Facts) -> ir.Table:
    sales = facts.sales.filter(facts.sales.customer_id.notnull())
    bought = sales.select("customer_id", "net_revenue", day=local_date(sales.ordered_at, facts.shop.calendar))
    days = bought.group_by("customer_id", "day").aggregate(revenue=bought.net_revenue.sum().cast("int64"))
    paid = days.revenue > 0
    each = days.group_by("customer_id").aggregate(
        days=days.count().cast("int64"),
        first=days.day.min(),
        last=days.day.max(),
        paid_count=number_of(paid),
        paid_sum=total(paid, days.revenue),
    )
    return each.select(
        "customer_id",
        "paid_count",
        "paid_sum",
        x=each.days - 1,
        t_x=dates_between(each["last"], each["first"]),
        age_days=dates_between(ibis.literal(last_day(facts), "date"), each["first"]),
    )


HISTORIES = Partial("purchase_histories", _histories, is_read=True)
"""x (days with an order after the first), t_x (days from the first to the last), age_days (days from the first until the last moment
before as of), paid_count (days on which something was paid) and paid_sum (net revenue of these days, before refunds)."""


def cells_of(histories: ir.Table) -> ir.Table:
    """Distinct histories: x, t_x, age_days, and n, how many customers share them."""
    return histories.group_by(*KEY).aggregate(n=histories.count().cast("int64"))


def _shop(facts: Facts) -> ir.Table:
    """What becomes of a customer's orders: the share of revenue that is kept, and what of it is margin."""
    orders = facts.orders.filter(facts.orders.customer_id.notnull(), facts.orders.kind == "sale")
    refunds = facts.refunds.filter(facts.refunds.customer_id.notnull())
    counts, priced = orders.cancelled_at.isnull(), orders.margin.notnull()
    sums = orders.aggregate(
        sold=total(counts, orders.net_revenue),
        everything=orders.net_revenue.sum().cast("int64"),
        margin=orders.margin.sum().cast("int64"),
        priced=total(priced, orders.net_revenue),
        priced_count=number_of(priced),
        order_count=orders.count().cast("int64"),
    )
    both = sums.cross_join(refunds.aggregate(back=refunds.net_revenue.sum().cast("int64")))
    both = both.cross_join(HISTORIES.table(facts).aggregate(day_count=(HISTORIES.table(facts).x + 1).sum().cast("int64")))
    kept = (both.everything - both.back.fill_null(0)).cast("float64") / both.sold.cast("float64").nullif(0.0)
    delivery = number(float(facts.shop.delivery_cost))
    goods = (both.margin.cast("float64") + delivery * both.priced_count.cast("float64")) / both.priced.cast("float64").nullif(0.0)
    each = delivery * both.order_count.cast("float64") / both.day_count.cast("float64").nullif(0.0)
    return both.select(kept_share=_as_share(kept), goods_rate=goods, delivery_per_order=each)


def _as_share(value: ir.FloatingValue) -> ir.FloatingValue:
    """All where nothing is known, and never less than nothing or more than all."""
    return ibis.greatest(ibis.least(ibis.coalesce(value, number(1.0)), number(1.0)), number(0.0))


SHOP = Partial("prediction_shop", _shop, grain="shop", reads=(HISTORIES,))
"""kept_share (net revenue over what was ordered and not called off), goods_rate (margin before delivery over net revenue; unknown where no
margin is), delivery_per_order (what delivering costs for each day with an order)."""


def _predictions(facts: Facts) -> ir.Table:
    histories, cells = HISTORIES.table(facts), CELLS.unbound()
    on = [histories[k] == cells[k] for k in KEY]
    told = histories.inner_join(cells, on).select("customer_id", "paid_count", "paid_sum", *CELLS.schema().names)
    gaps = GAPS.table(facts).select("gap_count", "log_sum", "log_square_sum", _id="customer_id")
    rows = told.left_join(gaps, told.customer_id == gaps._id).cross_join(TERMS.unbound()).cross_join(SHOP.table(facts))
    rows = _with_gap(rows)
    ends = NEXT.unbound().rename(_degrees="degrees", _step="step")
    rows = rows.left_join(ends, [rows.degrees == ends._degrees, rows.step == ends._step])
    value = _value(rows)
    margin = value * rows.kept_share * rows.goods_rate - rows.delivery_per_order
    return rows.select(
        "customer_id",
        *[c for c in CELLS.schema().names if c not in KEY],
        order_value=value,
        **{f"revenue_{days}d": rows[f"orders_{days}d"] * value * rows.kept_share for days in HORIZONS},
        margin_365d=rows.orders_365d * margin,
        clv=rows.discounted_orders_365d * margin,
        at_risk=rows.orders_365d_if_here * (number(1.0) - rows.p_alive) * margin,
        **{name: (rows.centre + rows.scale * rows[end]).exp() for name, end in _ENDS.items()},
    )


PREDICTIONS = Partial("predictions", _predictions, reads=(HISTORIES, GAPS, SHOP), is_read=True)
"""The columns of `CELLS`, and of money and time: order_value, revenue_30d, revenue_90d, revenue_365d, margin_365d, clv, at_risk (minor
units), next_days, next_days_low, next_days_high (days from the last order to the next)."""


def _value(rows: ir.Table) -> ir.FloatingValue:
    """What is paid on a day with an order: the customer's own mean, drawn to the shop's.

    Source: Fader and Hardie (2013), "The Gamma-Gamma Model of Monetary Value", equation 5; x and the mean only meet as their product,
    the sum.
    """
    paid, count = rows.paid_sum.cast("float64"), rows.paid_count.cast("float64")
    below = rows.spend_p * count + rows.spend_q - number(1.0)
    return ibis.ifelse(below > 0, rows.spend_p * (rows.spend_v + paid) / below, rows.spend_mean)


def _with_gap(rows: ir.Table) -> ir.Table:
    """What is known of the gap that has begun: centre and scale of its logarithm, degrees of freedom, and how far it has gone.

    As `predictions.next_order`, where it stands for arrays: the own mean and variance of logarithms, drawn to the shop's.
    """
    one, zero = number(1.0), number(0.0)
    n = ibis.coalesce(rows.gap_count, 0).cast("float64")
    logs, squares = (ibis.coalesce(rows[c], 0).cast("float64") / number(LOG_SCALE) for c in ("log_sum", "log_square_sum"))
    some, degrees = ibis.greatest(n, one), ibis.greatest(n - one, zero)
    scattered = ibis.ifelse(n > one, ibis.greatest(squares - logs * logs / some, zero), zero)
    own = (rows.gap_certainty * rows.gap_within + scattered) / (rows.gap_certainty + degrees)
    known = n * rows.gap_between / (n * rows.gap_between + own)
    passed = ibis.greatest((rows.age_days - rows.t_x).cast("float64"), number(_AT_LEAST)).ln()
    made = rows.mutate(
        degrees=ibis.least(degrees, number(float(MOST_DEGREES))).cast("int64"),
        centre=rows.gap_centre + known * (logs / some - rows.gap_centre),
        scale=(own + rows.gap_between * (one - known)).sqrt(),
        passed=passed,
    )
    steps = ((made.passed - made.centre) / made.scale * number(float(STEPS))).round()
    return made.mutate(step=ibis.greatest(ibis.least(steps, number(float(LAST_STEP))), number(float(FIRST_STEP))).cast("int64"))


_ENDS = {"next_days_low": "low", "next_days": "middle", "next_days_high": "high"}
_AT_LEAST = 0.5  # days: whoever ordered today may order again today
