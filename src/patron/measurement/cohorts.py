"""Retention: of the customers who first bought in a month, how many bought again in each month after it, and what they brought.

A cell of the triangle stands for a month that is over. Months that are not, or have not begun, have no cell: nothing is known about
them, which is not the same as nobody buying.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.measurement.months import month_of
from patron.measurement.movements import FIRST_ORDERS, MOVEMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import ibis.expr.types as ir

    from patron.facts.as_of import Facts


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cohort did in the k-th month after its first.

    Attributes:
        month: k; 0 is the month of the first order.
        customers: who bought in it.
        net_revenue: what it brought, minor units.
        ever: who bought again in any month from the first after the cohort's own up to this one.
    """

    month: int
    customers: int
    net_revenue: int
    ever: int


@dataclass(frozen=True, slots=True)
class Cohort:
    """Customers with the same month of first order, and the cells that are over."""

    month: int
    size: int
    cells: tuple[Cell, ...]


def cohort_activity(facts: Facts) -> ir.Table:
    """Buyers and money of each cohort in each month after its first.

    Returns:
        One row per cohort and month in which anything happened: cohort (month number), k (months since), customers (count of customers
        with an order), again (count of customers whose first month with an order after the cohort's own is this one), net_revenue (money).
    """
    buyers = _buying_months(facts)
    counted = buyers.group_by("cohort", "k").aggregate(customers=buyers.count(), again=buyers.count(where=buyers.is_return))
    rows = MOVEMENTS.unbound()
    rows = rows.filter(rows.cohort.notnull())
    # An order that was called off before the first one that counts may lie in an earlier month; it belongs to the first.
    rows = rows.mutate(k=(rows.month - rows.cohort).cast("int64"))
    money = rows.mutate(k=(rows.k > 0).ifelse(rows.k, 0)).group_by("cohort", "k").aggregate(net_revenue=lambda t: t.net_revenue.sum())
    counted = counted.rename(_cohort="cohort", _k="k")
    both = money.left_join(counted, [money.cohort == counted._cohort, money.k == counted._k])
    return both.select(
        "cohort",
        "k",
        customers=both.customers.fill_null(0).cast("int64"),
        again=both.again.fill_null(0).cast("int64"),
        net_revenue=both.net_revenue.cast("int64"),
    ).order_by("cohort", "k")


def _buying_months(facts: Facts) -> ir.Table:
    """One row per customer and month with an order: cohort, k, is_return (the first such month after the cohort's own)."""
    sales = facts.sales.filter(facts.sales.customer_id.notnull())
    months = sales.select("customer_id", month=month_of(sales.ordered_at, facts.shop.calendar)).distinct()
    first = FIRST_ORDERS.unbound().select(_customer="customer_id", cohort="cohort")
    rows = months.join(first, months.customer_id == first._customer)
    rows = rows.select("customer_id", "cohort", k=(rows.month - rows.cohort).cast("int64"))
    later = rows.filter(rows.k > 0).group_by("customer_id").aggregate(_k=lambda t: t.k.min()).rename(_id="customer_id")
    marked = rows.left_join(later, rows.customer_id == later._id)
    return marked.select("cohort", "k", is_return=(marked.k == marked._k).fill_null(False))


def triangle(activity: Iterable[Mapping[str, int]], *, until: int) -> tuple[Cohort, ...]:
    """Cohorts with a cell for every month that is over, zero where nobody bought.

    Args:
        activity: rows of `cohort_activity`.
        until: number of the last month that is over (`months.last_complete`).
    """
    rows = {(r["cohort"], r["k"]): r for r in activity}
    cohorts = sorted({cohort for cohort, _ in rows})
    return tuple(_cohort(cohort, rows, until) for cohort in cohorts if (cohort, 0) in rows)


def _cohort(cohort: int, rows: Mapping[tuple[int, int], Mapping[str, int]], until: int) -> Cohort:
    cells, ever = [], 0
    for k in range(until - cohort + 1):
        row = rows.get((cohort, k), {})
        ever += row.get("again", 0)
        cells.append(Cell(k, row.get("customers", 0), row.get("net_revenue", 0), ever))
    return Cohort(cohort, rows[cohort, 0]["customers"], tuple(cells))
