"""Partials of the shop as a whole: its usual gaps, and how many customers go on from each order to the next.

They are statistics of the population: one customer's facts move them little, so only the full recomputation renews them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.features.partials.ladder import ladder_rows
from patron.features.partials.orders import ORDER_ROWS, ORDERS
from patron.features.partials.partial import Partial
from patron.kernel.time import days_between

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.facts.as_of import Facts
    from patron.features.settings import LadderSettings

_USUAL_SHARE = 0.8
_LOYAL_SHARE = 0.75
_LOYAL_ORDERS = 3.0


def _rhythm(facts: Facts) -> ir.Table:
    rows = ORDER_ROWS.table(facts)
    gap = rows.gap_days.cast("float64")
    second = ibis.ifelse(rows.number == 1, days_between(rows.next_at, rows.ordered_at), ibis.null("float64"))
    gaps = rows.aggregate(median_gap_days=gap.median(), second_order_days=second.quantile(_USUAL_SHARE))
    orders = ORDERS.table(facts)
    repeaters = orders.filter(orders.order_count > 1)
    loyal = repeaters.aggregate(_orders=repeaters.order_count.cast("float64").quantile(_LOYAL_SHARE))
    both = gaps.cross_join(loyal)
    return both.select(
        "median_gap_days",
        "second_order_days",
        loyal_order_count=ibis.greatest(ibis.coalesce(both._orders, _LOYAL_ORDERS), _LOYAL_ORDERS),
    )


SHOP_RHYTHM = Partial("shop_rhythm", _rhythm, grain="shop", reads=(ORDER_ROWS, ORDERS))
"""median_gap_days (of all gaps between order days); second_order_days (within which 80 % of those who came back placed their second
order); loyal_order_count (the 75 % quantile of orders among customers with several, at least 3)."""


def ladder(settings: LadderSettings) -> Partial:
    """The ladder of orders as one row: p_1, p_2 … the share that goes on after that order."""

    def rows(facts: Facts) -> ir.Table:
        steps = ladder_rows(ORDER_ROWS.table(facts), facts, settings)
        shares = {f"p_{n}": ibis.ifelse(steps.n == n, steps.p, ibis.null("float64")).max() for n in range(1, settings.steps + 1)}
        return steps.aggregate(**shares)

    return Partial("ladder", rows, grain="shop", reads=(ORDER_ROWS,))
