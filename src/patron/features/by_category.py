"""Recency, frequency and money of each customer within each category of products, scored against those who buy from it."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import ibis

from patron.features.cut_points import quantile_cut_points
from patron.features.groups import rfm_group
from patron.features.partials.lines import product_lines
from patron.kernel.time import days_between

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.facts.as_of import Facts

_SCORES = {"r": "days_since_last_order", "f": "order_count", "m": "mean_order_value"}


def by_category(facts: Facts) -> ir.Table:
    """Scores of every customer in every category they have bought from, by quantile among its buyers.

    Returns:
        One row per customer and category: customer_id, category, days_since_last_order, order_count (orders with the category), net_revenue
        (of its lines, before refunds), mean_order_value (of these per order), r_score, f_score, m_score, rfm_group.

    Notes:
        Made from order lines; products without a category are left out. Ties are handled as for the shop as a whole.
    """
    bought = _bought(facts)
    values = reduce(ibis.union, [_values(bought, score, column) for score, column in _SCORES.items()])
    points = quantile_cut_points(values)
    scored = bought
    for score in _SCORES:
        scored = _with_score(scored, points, score)
    return scored.mutate(rfm_group=rfm_group(scored.r_score, scored.f_score, scored.m_score))


def _bought(facts: Facts) -> ir.Table:
    lines, products = product_lines(facts), facts.products
    named = products.filter(products.category.notnull()).select(_product="product_id", category="category")
    rows = lines.inner_join(named, lines.product_id == named._product)
    orders = rows.group_by(["customer_id", "category", "order_id"]).aggregate(
        ordered_at=rows.ordered_at.max(), net_revenue=rows.net_revenue.sum().cast("int64")
    )
    sums = orders.group_by(["customer_id", "category"]).aggregate(
        last_order_at=orders.ordered_at.max(), order_count=orders.count().cast("int64"), net_revenue=orders.net_revenue.sum().cast("int64")
    )
    return sums.select(
        "customer_id",
        "category",
        "order_count",
        "net_revenue",
        days_since_last_order=days_between(facts.now, sums.last_order_at),
        mean_order_value=sums.net_revenue.cast("float64") / sums.order_count.cast("float64"),
    )


def _better(rows: ir.Table, score: str) -> ir.FloatingValue:
    """The scored value, turned so that more is better."""
    value = rows[_SCORES[score]].cast("float64")
    return -value if score == "r" else value


def _values(bought: ir.Table, score: str, column: str) -> ir.Table:
    known = bought.filter(bought[column].notnull())
    return known.select(score=ibis.literal(score), scope=known.category, value=_better(known, score))


def _with_score(rows: ir.Table, points: ir.Table, score: str) -> ir.Table:
    """One more than the cut points that the value reaches."""
    cuts = points.filter(points.score == score)
    wide = cuts.group_by(_scope="scope").aggregate(
        **{f"_cut_{n}": ibis.ifelse(cuts.level == n, cuts.value, ibis.null("float64")).max() for n in range(2, 6)}
    )
    joined = rows.left_join(wide, rows.category == wide._scope)
    reached = [ibis.coalesce(_better(joined, score) >= joined[f"_cut_{n}"], False).ifelse(1, 0) for n in range(2, 6)]
    scored = joined.mutate(**{f"{score}_score": sum(reached, start=ibis.literal(1, "int64")).cast("int64")})
    return scored.drop("_scope", *(f"_cut_{n}" for n in range(2, 6)))
