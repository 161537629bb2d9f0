"""The ladder of orders: of those who placed their n-th order, how many went on to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.features.partials.orders import ORDER_ROWS
from patron.features.values import number
from patron.kernel.time import days_between

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.facts.as_of import Facts
    from patron.features.settings import LadderSettings

_Z = 1.959964  # of a 95 % interval


def order_ladder(facts: Facts, settings: LadderSettings) -> ir.Table:
    """Of the customers who reached each order, the share that went on to the next, with its interval.

    Returns:
        One row per step that anybody reached: n (the n-th order; the last step stands for all later ones), reached (orders of that number
        that are old enough to judge), went_on (of these, followed by another order), p (share), low, high (95 % interval).

    Notes:
        Orders count once they are older than the gap that `usual_share` of the shop's gaps do not exceed: of a later one nobody can
        say yet. The share is shrunk towards `prior` as if `weight` customers more had been seen (a Beta prior); the interval is
        Wilson's (1927) over the same counts.
    """
    return ladder_rows(ORDER_ROWS.rows(facts), facts, settings)


def ladder_rows(rows: ir.Table, facts: Facts, settings: LadderSettings) -> ir.Table:
    """The ladder from `ORDER_ROWS`."""
    usual = rows.aggregate(usual_days=rows.gap_days.cast("float64").quantile(settings.usual_share))
    dated = rows.cross_join(usual)
    old_enough = days_between(facts.now, dated.ordered_at) > ibis.coalesce(dated.usual_days, 0.0)
    judged = dated.filter(old_enough).mutate(n=ibis.least(dated.number.cast("int64"), settings.steps))
    counted = judged.group_by("n").aggregate(reached=judged.count().cast("int64"), went_on=judged.next_at.count().cast("int64"))
    seen = counted.reached.cast("float64") + number(settings.weight)
    p = (counted.went_on.cast("float64") + number(settings.weight * settings.prior)) / seen
    shrunk = counted.mutate(p=p, _seen=seen)
    p, n = shrunk.p, shrunk._seen
    z, one = number(_Z), number(1.0)
    centre = (p + z * z / number(2.0) / n) / (one + z * z / n)
    half = (p * (one - p) / n + z * z / number(4.0) / (n * n)).sqrt() * z / (one + z * z / n)
    return shrunk.select("n", "reached", "went_on", "p", low=centre - half, high=centre + half).order_by("n")
