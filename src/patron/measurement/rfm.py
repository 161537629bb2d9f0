"""The grid of recency and frequency, the groups, and who moved between them from one instant to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir

NEEDS = {
    "customer_id": "int64",
    "r_score": "int64",
    "f_score": "int64",
    "rfm_group": "string",
    "net_revenue": "int64",
    "margin": "int64",
    "net_revenue_365d": "int64",
    "lateness": "float64",
}
"""The columns of a features table that are read here."""

SILENT = frozenset({"about_to_sleep", "at_risk", "cannot_lose", "hibernating", "lost"})
"""Groups of customers who have fallen silent; the other six still buy."""

ABSENT = ""
"""The group of who was not a customer with an order then."""


def features_named(name: str) -> ir.Table:
    """The columns of a features table that are read here, as an expression."""
    return ibis.table(NEEDS, name=name)


def rfm_grid(features: ir.Table) -> ir.Table:
    """Customers with scores by recency and frequency: r_score, f_score, customers (count), net_revenue (money)."""
    scored = features.filter(features.r_score.notnull(), features.f_score.notnull())
    return (
        scored.group_by("r_score", "f_score")
        .aggregate(customers=scored.count(), net_revenue=scored.net_revenue.sum().cast("int64"))
        .order_by("r_score", "f_score")
    )


def rfm_groups(features: ir.Table) -> ir.Table:
    """Customers and money by group: rfm_group, customers, net_revenue, net_revenue_365d; most net revenue first."""
    scored = features.filter(features.rfm_group.notnull())
    return (
        scored.group_by("rfm_group")
        .aggregate(
            customers=scored.count(),
            net_revenue=scored.net_revenue.sum().cast("int64"),
            net_revenue_365d=scored.net_revenue_365d.sum().cast("int64"),
        )
        .order_by(ibis.desc("net_revenue"), "rfm_group")
    )


def movement(before: ir.Table, now: ir.Table) -> ir.Table:
    """How many customers went from which group to which.

    Args:
        before: features as of the earlier instant.
        now: features as of the later one.

    Returns:
        One row per pair of groups with anybody in it: was, is_now (group; `ABSENT` for who had no order yet), customers, net_revenue
        (money, as of the later instant). Each customer who has a group at either instant stands in one row.
    """
    old = before.select(_id="customer_id", _was="rfm_group")
    rows = now.left_join(old, now.customer_id == old._id)
    pairs = rows.select("net_revenue", was=rows._was.fill_null(ABSENT), is_now=rows.rfm_group.fill_null(ABSENT))
    pairs = pairs.filter((pairs.was != ABSENT) | (pairs.is_now != ABSENT))
    return (
        pairs.group_by("was", "is_now")
        .aggregate(customers=pairs.count(), net_revenue=pairs.net_revenue.sum().cast("int64"))
        .order_by(ibis.desc("customers"), "was", "is_now")
    )
