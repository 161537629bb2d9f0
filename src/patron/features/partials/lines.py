"""Partials of order lines: which products and categories a customer buys.

Products are numbered in the order of their category, so that counts and products fit one integer and no text is compared per line.
Distinct products are counted by grouping twice, which engines do far faster than counting distinct values per group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.features.partials.orders import ORDER_ROWS
from patron.features.partials.partial import Partial, number_of, total
from patron.kernel.time import days_between, type_of_instant

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.facts.as_of import Facts

LAUNCH_DAYS = 30
_BITS = 31  # for the number of a product or category
_MASK = (1 << _BITS) - 1


def lines_that_count(facts: Facts) -> ir.Table:
    """Lines of orders that count."""
    orders = facts.orders
    off = orders.filter((orders.kind != "sale") | orders.cancelled_at.notnull()).select(_order="order_id")
    lines = facts.order_lines
    return lines.anti_join(off, lines.order_id == off._order)


def product_lines(facts: Facts) -> ir.Table:
    """Lines of products in orders of customers that count."""
    lines = lines_that_count(facts)
    return lines.filter(_is_of_product(lines))


def _is_of_product(lines: ir.Table) -> ir.BooleanValue:
    return lines.customer_id.notnull() & (lines.kind == "product") & lines.product_id.notnull()


def _products(facts: Facts) -> ir.Table:
    lines = facts.order_lines
    sold = lines.filter(lines.kind == "product", lines.product_id.notnull())
    sums = sold.group_by("product_id").aggregate(
        first_sold_at=sold.ordered_at.min(),
        revenue=total(sold.quantity > 0, sold.net_revenue),
        units=ibis.greatest(sold.quantity, 0).sum().cast("decimal(18, 3)"),
        line_count=number_of(sold.quantity > 0),
    )
    catalogue = facts.products.select(_product="product_id", category="category", launched_at="launched_at")
    known = sums.left_join(catalogue, sums.product_id == catalogue._product)
    launched = ibis.coalesce(known.launched_at, known.first_sold_at)
    # In thousandths: whole numbers, whose sums do not depend on the order of rows.
    price = known.revenue.cast("float64") / known.units.cast("float64").nullif(0.0)
    rows = known.select(
        "product_id", "category", "line_count", "first_sold_at", launched_at=launched, price=(price * 1000.0).round().cast("int64")
    )
    of_category = ibis.window(group_by="category")
    spent, bought = (rows.price * rows.line_count).sum().over(of_category), rows.line_count.sum().over(of_category)
    mean = spent.cast("float64") / bought.cast("float64")
    launch_ends_at = rows.launched_at + ibis.interval(days=LAUNCH_DAYS)
    shop_opened_at = rows.first_sold_at.min().over(ibis.window())
    return rows.select(
        "product_id",
        "category",
        number=ibis.row_number().over(ibis.window(order_by=["category", "product_id"])).cast("int64"),
        category_number=(ibis.dense_rank().over(ibis.window(order_by=["category"]))).cast("int64"),
        # A product that was there when the shop's facts begin was launched nobody knows when.
        launch_ends_at=ibis.ifelse(
            days_between(rows.launched_at, shop_opened_at) >= LAUNCH_DAYS, launch_ends_at, ibis.null(type_of_instant)
        ),
        price_level_millionths=(rows.price.cast("float64") / mean.nullif(0.0) * 1e6).round().cast("int64"),
    )


PRODUCTS = Partial("products", _products, grain="product")
"""One row per product that was ever sold: product_id, category, number (unique, products of a category together), category_number,
launch_ends_at (null when it was there from the start), price_level_millionths (its mean price over the mean, over
lines, of its category)."""


def later_products(facts: Facts) -> ir.Table:
    """Rows for the table of `PRODUCTS` of products that it does not have, numbered behind those it has.

    So what was worked out with the numbers and price levels that are there stays right until all of it is made anew.
    """
    kept = PRODUCTS.table(facts)
    new = PRODUCTS.expression(facts).anti_join(kept, "product_id")
    last = kept.aggregate(_last=ibis.coalesce(kept.number.max(), -1), _last_category=ibis.coalesce(kept.category_number.max(), -1))
    known = kept.group_by(_name=ibis.coalesce(kept.category, "")).aggregate(_category_number=kept.category_number.max())
    rows = new.left_join(known, ibis.coalesce(new.category, "") == known._name).cross_join(last)
    later = rows._last_category + 1 + ibis.dense_rank().over(ibis.window(order_by=rows.category))
    numbered = rows.mutate(
        number=(rows._last + 1 + ibis.row_number().over(ibis.window(order_by=[rows.category, rows.product_id]))).cast("int64"),
        category_number=ibis.coalesce(rows._category_number, later).cast("int64"),
    )
    return numbered.select(*kept.columns)


def _lines(facts: Facts) -> ir.Table:
    lines = product_lines(facts)
    products = PRODUCTS.table(facts)
    numbers = products.select("number", "launch_ends_at", _product="product_id")
    rows = lines.inner_join(numbers, lines.product_id == numbers._product)
    launch = ibis.ifelse(rows.ordered_at < rows.launch_ends_at, True, ibis.null("boolean"))
    return rows.select("customer_id", number=rows.number.cast("int32"), launch=launch)


PRODUCT_LINES = Partial("product_lines", _lines, grain="other", reads=(PRODUCTS,))
"""One row per line of a product in an order that counts: customer_id, number (of the product), launch (true within 30 days of its launch,
else null). A table of its own: in one statement that joins and counts, engines expect few groups and take longer for the many there are."""


def _by_product(facts: Facts) -> ir.Table:
    rows = PRODUCT_LINES.table(facts)
    return rows.group_by(["customer_id", "number"]).aggregate(
        line_count=rows.count().cast("int64"), launch_count=rows.launch.count().cast("int64")
    )


CUSTOMER_PRODUCTS = Partial("customer_products", _by_product, grain="other", reads=(PRODUCT_LINES,))
"""One row per customer and product: number (of the product), line_count, launch_count (lines within 30 days of its launch)."""


def _baskets(facts: Facts) -> ir.Table:
    rows = CUSTOMER_PRODUCTS.table(facts)
    products = PRODUCTS.table(facts)
    level = products.select(_number="number", level="price_level_millionths")
    leveled = rows.inner_join(level, rows.number == level._number)
    sums = leveled.group_by("customer_id").aggregate(
        product_count=leveled.count().cast("int64"),
        line_count=leveled.line_count.sum().cast("int64"),
        launch_count=leveled.launch_count.sum().cast("int64"),
        level_sum=(leveled.level * leveled.line_count).sum().cast("int64"),
        level_lines=ibis.ifelse(leveled.level.notnull(), leveled.line_count, 0).sum().cast("int64"),
        _favourite=_packed(leveled.line_count, leveled.number).max(),
    )
    names = products.select(favourite_product_id="product_id", _number="number")
    return sums.left_join(names, _unpacked(sums._favourite) == names._number).drop("_favourite", "_number")


BASKETS = Partial(
    "baskets",
    _baskets,
    reads=(CUSTOMER_PRODUCTS, PRODUCTS),
    zeros=frozenset("product_count line_count launch_count".split()),
)


def _categories(facts: Facts) -> ir.Table:
    rows = CUSTOMER_PRODUCTS.table(facts)
    products = PRODUCTS.table(facts)
    named = products.filter(products.category.notnull())
    numbers = named.select(_number="number", category_number="category_number")
    counts = rows.inner_join(numbers, rows.number == numbers._number)
    by_category = counts.group_by(["customer_id", "category_number"]).aggregate(n=counts.line_count.sum().cast("int64"))
    sums = by_category.group_by("customer_id").aggregate(
        category_count=by_category.count().cast("int64"),
        favourite_count=by_category.n.max(),
        _favourite=_packed(by_category.n, by_category.category_number).max(),
    )
    names = named.select(favourite_category="category", _number="category_number").distinct()
    return sums.left_join(names, _unpacked(sums._favourite) == names._number).drop("_favourite", "_number")


CATEGORIES = Partial(
    "categories",
    _categories,
    reads=(CUSTOMER_PRODUCTS, PRODUCTS),
    zeros=frozenset({"category_count", "favourite_count"}),
    is_table=True,
)


def _ends(facts: Facts) -> ir.Table:
    orders = ORDER_ROWS.table(facts)
    is_first, is_last = orders.number == 1, orders.next_at.isnull()
    ends = orders.filter(is_first | is_last).select(_order="order_id", is_first=is_first, is_last=is_last)
    lines = facts.order_lines.filter(_is_of_product(facts.order_lines))
    lines = lines.select("customer_id", "order_id", "product_id", "net_revenue")
    products = PRODUCTS.table(facts).select(_product="product_id", number="number")
    inside = lines.inner_join(ends, lines.order_id == ends._order)
    rows = inside.inner_join(products, inside.product_id == products._product)
    # The line that cost most stands for the order; 2^31 minor units and more are equal.
    line = _packed(ibis.greatest(ibis.least(rows.net_revenue, _MASK), 0), rows.number)
    nothing = ibis.null("int64")
    sums = rows.group_by("customer_id").aggregate(
        _first=ibis.ifelse(rows.is_first, line, nothing).max(), _last=ibis.ifelse(rows.is_last, line, nothing).max()
    )
    names = PRODUCTS.table(facts)
    first = names.select(first_product_id="product_id", first_category="category", _first_number="number")
    last = names.select(last_category="category", _last_number="number")
    with_first = sums.left_join(first, _unpacked(sums._first) == first._first_number)
    both = with_first.left_join(last, _unpacked(with_first._last) == last._last_number)
    return both.select("customer_id", "first_product_id", "first_category", "last_category")


END_LINES = Partial("end_lines", _ends, reads=(ORDER_ROWS, PRODUCTS))


def _packed(weight: ir.IntegerValue, number: ir.IntegerValue) -> ir.IntegerValue:
    """A weight and a number in one integer: the largest has the greatest weight, and of equal weights the smallest number."""
    return weight * (1 << _BITS) + (_MASK - number)


def _unpacked(packed: ir.IntegerValue) -> ir.IntegerValue:
    return _MASK - packed % (1 << _BITS)
