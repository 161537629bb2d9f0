"""The first purchase beside everything a customer has brought since: profit comes from all purchases, not the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.measurement.later_value import By, first_held
from patron.measurement.movements import MOVEMENTS

if TYPE_CHECKING:
    import ibis.expr.types as ir


def realised_values() -> ir.Table:
    """What each customer brought with the first purchase and in all, after what was given back.

    Returns:
        One row per customer with an order: customer_id, cohort (month number), first_revenue, revenue, first_margin, margin (money; margins
        null where they are not known).
    """
    rows = MOVEMENTS.unbound()
    rows = rows.filter(rows.cohort.notnull())
    is_first = rows.buyer == "new"
    return rows.group_by("customer_id", "cohort").aggregate(
        first_revenue=rows.net_revenue.sum(where=is_first).fill_null(0).cast("int64"),
        revenue=rows.net_revenue.sum().cast("int64"),
        first_margin=rows.margin.sum(where=is_first).cast("int64"),
        margin=rows.margin.sum().cast("int64"),
    )


def by_cohort() -> ir.Table:
    """First purchase and realised value by month of first order: one row per cohort (month number), in order, as `_summed`."""
    return _summed(realised_values(), "cohort").order_by("cohort")


def by_thing(*, by: By) -> ir.Table:
    """First purchase and realised value by what the first order held: one row per label, most customers first, as `_summed`."""
    values = realised_values()
    held = first_held(by=by).rename(_id="customer_id")
    rows = _summed(values.join(held, values.customer_id == held._id), "key", "label")
    return rows.order_by(rows.customers.desc(), rows.label, rows.key)


def _summed(values: ir.Table, *keys: str) -> ir.Table:
    """Per key: customers (count), and the sums of first_revenue, revenue, first_margin, margin."""
    sums = {c: values[c].sum().cast("int64") for c in ("first_revenue", "revenue", "first_margin", "margin")}
    return values.group_by(*keys).aggregate(customers=values.count(), **sums)
