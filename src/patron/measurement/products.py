"""Products: what they bring, who buys them, who buys them again, and how much of them comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.facts.as_of import Facts


def best_products(facts: Facts, *, limit: int) -> ir.Table:
    """The products with the most net revenue.

    Returns:
        At most `limit` rows, most net revenue first: product_code, name, category, net_revenue (money, after what was given back),
        sold, refunded (money), buyers (customers with an order of it), repeat_buyers (customers with two), units.
    """
    money = _money(facts)
    top = money.order_by(money.net_revenue.desc(), money.product_id).limit(limit)
    bought = _buyers(facts).rename(_id="product_id")
    rows = top.left_join(bought, top.product_id == bought._id)
    products = facts.products.select(_product="product_id", product_code="product_code", name="name", category="category")
    named = rows.left_join(products, rows.product_id == products._product)
    return named.select(
        "product_code",
        "name",
        "category",
        "net_revenue",
        "sold",
        "refunded",
        buyers=named.buyers.fill_null(0).cast("int64"),
        repeat_buyers=named.repeat_buyers.fill_null(0).cast("int64"),
    ).order_by(ibis.desc("net_revenue"), "product_code")


def _money(facts: Facts) -> ir.Table:
    orders = facts.orders
    lines = facts.order_lines.filter(lambda t: t.kind == "product", lambda t: t.product_id.notnull())
    lines = lines.semi_join(orders.filter(orders.kind == "sale").select("order_id"), "order_id")
    back = facts.refunds.filter(lambda t: t.kind == "product", lambda t: t.product_id.notnull())
    zero = ibis.literal(0, "int64")
    both = ibis.union(
        lines.select("product_id", sold=lines.net_revenue, refunded=zero),
        back.select("product_id", sold=zero, refunded=back.net_revenue),
    )
    sums = both.group_by("product_id").aggregate(sold=both.sold.sum().cast("int64"), refunded=both.refunded.sum().cast("int64"))
    return sums.mutate(net_revenue=sums.sold - sums.refunded)


def _buyers(facts: Facts) -> ir.Table:
    lines = facts.order_lines.filter(lambda t: t.kind == "product", lambda t: t.product_id.notnull(), lambda t: t.customer_id.notnull())
    lines = lines.semi_join(facts.sales.select("order_id"), "order_id")
    orders = lines.select("product_id", "customer_id", "order_id").distinct()
    by_customer = orders.group_by("product_id", "customer_id").aggregate(orders=orders.count())
    return by_customer.group_by("product_id").aggregate(
        buyers=by_customer.count(), repeat_buyers=by_customer.count(where=by_customer.orders > 1)
    )
