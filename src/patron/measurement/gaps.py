"""Time between orders, in days of the shop's calendar; orders of one day count as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from patron.kernel.time import days_between, local_date

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.facts.as_of import Facts


@dataclass(frozen=True, slots=True)
class Bin:
    """How many gaps were at least `begin` and less than `end` days long."""

    begin: int
    end: int
    count: int


def gaps(facts: Facts) -> ir.Table:
    """How often each gap between two consecutive days with an order occurs.

    Returns:
        One row per length, in order: gap_days (whole days, at least 1), gap_count.
    """
    sales = facts.sales.filter(facts.sales.customer_id.notnull())
    days = sales.select("customer_id", day=local_date(sales.ordered_at, facts.shop.calendar).cast("timestamp(6)")).distinct()
    before = days.day.lag().over(ibis.window(group_by="customer_id", order_by="day"))
    spans = days.mutate(before=before)
    spans = spans.filter(spans.before.notnull())
    # Midnights of days without a zone lie whole days apart.
    gap = spans.select(gap_days=days_between(spans.day, spans.before).round().cast("int64"))
    return gap.group_by("gap_days").aggregate(gap_count=gap.count()).order_by("gap_days")


def quantile(counts: Mapping[int, int], share: float) -> int:
    """The smallest gap that at least this share of gaps do not exceed; `counts` is days → how many, not empty."""
    needed = share * sum(counts.values())
    seen = 0
    for days, count in sorted(counts.items()):
        seen += count
        if seen >= needed:
            return days
    return max(counts)


def bins(counts: Mapping[int, int]) -> tuple[Bin, ...]:
    """Gaps in bins of equal width up to the 97 % quantile, a whole number of weeks where gaps are long; the last bin holds the rest."""
    if not counts:
        return ()
    long = quantile(counts, 0.97)
    width = next((w for w in (1, 2, 7, 14, 28) if long / w <= 26), 91)
    edge = (long // width + 1) * width
    inner = [
        Bin(b, b + width, sum(counts.get(d, 0) for d in range(max(b, 1), b + width)))
        for b in range(0, edge, width)
    ]  # fmt: skip
    rest = sum(n for days, n in counts.items() if days >= edge)
    return (*inner, *([Bin(edge, max(counts) + 1, rest)] if rest else []))
