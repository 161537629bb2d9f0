"""What: products, categories, and how much fits into an order."""

from __future__ import annotations

from functools import partial

from patron.features.feature import Feature, Follows
from patron.features.values import of, per_order, ratio

_order = partial(Feature, family="basket", needs=("orders",))
_line = partial(Feature, family="basket", needs=("order_lines",))
_category = partial(Feature, family="basket", needs=("order_lines", "categories"))

FEATURES = (
    _order(
        name="unit_count", kind="quantity", unit="units", seeds=("000-05",),
        meaning="Units of products bought, before returns.",
        value=of("orders", "units"),
    ),
    _line(
        name="product_line_count", kind="count", unit="lines", seeds=("000-05",),
        meaning="Lines of products on all orders.",
        value=of("baskets", "line_count"),
    ),
    _line(
        name="distinct_product_count", kind="count", unit="products", seeds=("004-11", "000-05"),
        meaning="How many different products the customer has bought.",
        value=of("baskets", "product_count"),
    ),
    _category(
        name="distinct_category_count", kind="count", unit="categories", seeds=("004-11", "000-05"),
        meaning="From how many different categories the customer has bought.",
        value=of("categories", "category_count"),
    ),
    _order(
        name="mean_units_per_order", kind="number", unit="units an order", seeds=("000-36",),
        meaning="Units for each order.",
        value=per_order("units"),
    ),
    _order(
        name="mean_lines_per_order", kind="number", unit="lines an order", seeds=("000-33",),
        meaning="Lines of products for each order.",
        value=per_order("line_count"),
    ),
    _category(
        name="favourite_category", kind="text", unit="category", seeds=("000-07", "000-43", "004-10"),
        meaning="The category with most lines of products; the first in the alphabet of equals.",
        value=of("categories", "favourite_category"),
    ),
    _category(
        name="favourite_category_share", kind="share", unit="share of lines", seeds=("000-07", "004-11"),
        meaning="Share of product lines that are of the favourite category.",
        value=lambda i: ratio(i["categories"]["favourite_count"], i.feature("product_line_count")),
        changes=Follows(("favourite_category", "product_line_count")),
    ),
    _category(
        name="last_category", kind="text", unit="category", seeds=("000-32", "003-27"),
        meaning="The category of the dearest line of the latest order.",
        value=of("end_lines", "last_category"),
    ),
    _line(
        name="favourite_product_id", kind="id", unit="product", seeds=("001-28", "004-10"),
        meaning="The product with most lines.",
        value=of("baskets", "favourite_product_id"),
    ),
    _line(
        name="repeat_product_share", kind="share", unit="share of lines", seeds=("003-16", "000-31"),
        meaning="Share of product lines that bought a product again.",
        value=lambda i: ratio(i.feature("product_line_count") - i.feature("distinct_product_count"), i.feature("product_line_count")),
        changes=Follows(("product_line_count", "distinct_product_count")),
    ),
    _line(
        name="launch_share", kind="share", unit="share of lines", seeds=("003-31",),
        meaning="Share of product lines bought within 30 days of the product's launch.",
        value=lambda i: ratio(i["baskets"]["launch_count"], i.feature("product_line_count")),
    ),
)  # fmt: skip
