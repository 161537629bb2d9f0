"""Products as a projection of what catalogues and order lines say about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.facts import tables as t
from patron.kernel.expressions import said_once
from patron.runtime.loading_merge import digest
from patron.runtime.loading_scratch import remember

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.ports.engine import Store

LISTED = "_load_listed"
"""The products (product_id) of new listings; there is no such table when there are none."""
_ATTRIBUTES = (
    "product_code",
    "name",
    "category",
    "category_path",
    "brand",
    "price",
    "cost",
    "currency",
    "launched_at",
    "is_active",
    "source",
)


def touch(store: Store, new: str) -> None:
    """Remember the products of new listings."""
    remember(store, LISTED, t.LISTINGS.unbound(new).select("product_id"))


def project_products(store: Store) -> int:
    """Make the rows of `facts.PRODUCTS` of the products in `LISTED` anew; how many."""
    store.create("_load_products", products(_of_listed()), temporary=True)
    rows = t.PRODUCTS.unbound("_load_products")
    store.delete("products", _listed(), ("product_id",))
    return store.insert("products", rows)


@said_once
def _listed() -> ir.Table:
    return ibis.table({"product_id": "int64"}, name=LISTED).distinct()


@said_once
def _of_listed() -> ir.Table:
    return t.LISTINGS.unbound().semi_join(_listed(), "product_id")


@said_once
def products(listings: ir.Table) -> ir.Table:
    """`facts.PRODUCTS`: of each attribute the best word there is, a catalogue's before an order line's, a later one before an earlier.

    Args:
        listings: `facts.LISTINGS`.
    """
    ranked = listings.mutate(_digest=digest(t.LISTINGS, listings))
    order = [ibis.desc(ranked.is_listed), ibis.desc(ranked.updated_at), ibis.desc(ranked._digest)]
    best = {c: ranked[c].first(order_by=order) for c in _ATTRIBUTES}
    projected = ranked.group_by("product_id").agg(**best, first_sold_at=ranked.first_sold_at.min(), received_at=ranked.received_at.min())
    launched = ibis.coalesce(projected.launched_at, projected.first_sold_at)
    return projected.mutate(launched_at=launched).select(*(c.name for c in t.PRODUCTS.columns))
