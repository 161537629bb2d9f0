"""The ledger of net revenue: what sales brought and refunds took back, each told apart by who bought.

Every figure about money is a sum over these rows, so that parts add up to the whole. A sale that was called off stays, and so does the
refund that gives it back. `steps` makes the tables that the rest of the package reads by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.kernel.steps import Step
from patron.kernel.tables import Column, Table
from patron.measurement.months import month_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.facts.as_of import Facts


FIRST_ORDERS = Table(
    "report_first_orders",
    "one row per customer with an order that counts",
    ("customer_id",),
    (
        Column("customer_id", "id", "the customer", required=True),
        Column("first_order_at", "instant", "the first order", required=True),
        Column("order_count", "count", "orders that count", required=True),
        Column("cohort", "count", "number of the month of the first order", required=True),
    ),
)
MOVEMENTS = Table(
    "report_movements",
    "one row per sale and per refund",
    (),
    (
        Column("order_id", "id", "the order; null for a refund without one"),
        Column("customer_id", "id", "the customer; null for guests"),
        Column("happened_at", "instant", "when money moved", required=True),
        Column("month", "count", "number of the shop's month", required=True),
        Column("buyer", "text", "guest; new, for a first order and what was given back of it; else returning", required=True),
        Column("net_revenue", "money", "what came in; negative when it went back", required=True),
        Column("margin", "money", "the same of contribution margin, where it is known"),
        Column("first_order_at", "instant", "the customer's first order; null for guests and where no order counts"),
        Column("cohort", "count", "number of the month of the first order"),
    ),
)
FIRST_THINGS = Table(
    "report_first_things",
    "one row per product in a customer's first order",
    ("customer_id", "product_id"),
    (
        Column("customer_id", "id", "the customer", required=True),
        Column("product_id", "id", "the product", required=True),
        Column("product", "text", "its name, else its code"),
        Column("category", "text", "its category"),
    ),
)
TABLES = (FIRST_ORDERS, MOVEMENTS, FIRST_THINGS)
"""What `steps` makes."""


def steps(facts: Facts) -> tuple[Step, ...]:
    """The tables that the pictures read, to be made in this order; nothing else needs them afterwards."""
    made = (first_orders(facts), movements(facts), first_things(facts))
    return tuple(Step(table.name, rows) for table, rows in zip(TABLES, made, strict=True))


def first_orders(facts: Facts) -> ir.Table:
    """`FIRST_ORDERS`: the first order of each customer, and how many there are."""
    sales = facts.sales
    by_customer = (
        sales.filter(sales.customer_id.notnull())
        .group_by("customer_id")
        .aggregate(first_order_at=lambda s: s.ordered_at.min(), order_count=lambda s: s.count().cast("int64"))
    )
    return by_customer.mutate(cohort=month_of(by_customer.first_order_at, facts.shop.calendar))


def first_things(facts: Facts) -> ir.Table:
    """`FIRST_THINGS`: what each customer's first order held; reads `FIRST_ORDERS`."""
    lines = facts.order_lines.filter(lambda t: t.kind == "product", lambda t: t.customer_id.notnull())
    lines = lines.semi_join(facts.sales.select("order_id"), "order_id")
    first = FIRST_ORDERS.unbound().select(_id="customer_id", first_order_at="first_order_at")
    rows = lines.join(first, [lines.customer_id == first._id, lines.ordered_at == first.first_order_at])
    products = facts.products.select(_product="product_id", _code="product_code", _name="name", _category="category")
    named = rows.join(products, rows.product_id == products._product)
    return named.select("customer_id", "product_id", product=ibis.coalesce(named._name, named._code), category=named._category).distinct()


def movements(facts: Facts) -> ir.Table:
    """`MOVEMENTS`: every amount of net revenue that came in or went back; reads `FIRST_ORDERS`.

    Notes:
        Orders at the very instant of the first are first orders too: sources that know only the day cannot order them. An order that was
        called off before the first that counts is part of the first purchase. A refund whose order is not known is of a returning
        customer: what was bought lies before the facts.
    """
    both = ibis.union(_sold(facts), _given_back(facts))
    first = FIRST_ORDERS.unbound().select(_customer="customer_id", first_order_at="first_order_at", cohort="cohort")
    rows = both.left_join(first, both.customer_id == first._customer)
    is_first = rows.bought_at.notnull() & (rows.first_order_at.isnull() | (rows.bought_at <= rows.first_order_at))
    return rows.select(
        "order_id",
        "customer_id",
        "happened_at",
        month=month_of(rows.happened_at, facts.shop.calendar),
        buyer=ibis.cases((rows.customer_id.isnull(), "guest"), (is_first, "new"), else_="returning"),
        net_revenue=rows.net_revenue,
        margin=rows.margin,
        first_order_at=rows.first_order_at,
        cohort=rows.cohort,
    )


def _sold(facts: Facts) -> ir.Table:
    orders = facts.orders
    return orders.filter(orders.kind == "sale").select(
        "order_id",
        "customer_id",
        "net_revenue",
        "margin",
        happened_at="ordered_at",
        bought_at="ordered_at",
    )


def _given_back(facts: Facts) -> ir.Table:
    """Refunds as negative amounts; the margin given back is the order's own share of margin in its net revenue."""
    orders = facts.orders
    kept = ibis.ifelse(orders.net_revenue > 0, _goods_margin(facts, orders) / orders.net_revenue.cast("float64"), ibis.null("float64"))
    origins = orders.select(_order="order_id", bought_at="ordered_at", _share=kept)
    rows = facts.refunds.left_join(origins, facts.refunds.order_id == origins._order)
    rate = ibis.null("float64") if facts.shop.margin_rate is None else ibis.literal(facts.shop.margin_rate)
    share = ibis.coalesce(rows._share, rate)
    return rows.select(
        "order_id",
        "customer_id",
        net_revenue=(-rows.net_revenue).cast("int64"),
        margin=(-(rows.net_revenue.cast("float64") * share).round()).cast("int64"),
        happened_at=rows.refunded_at,
        bought_at=rows.bought_at,
    )


def _goods_margin(facts: Facts, orders: ir.Table) -> ir.Value:
    """Net revenue less cost of goods: what handling an order cost is not won back by a refund."""
    revenue = orders.net_revenue.cast("float64")
    rate = ibis.null("float64") if facts.shop.margin_rate is None else revenue * facts.shop.margin_rate
    return ibis.coalesce(revenue - orders.cost.cast("float64"), rate)
