"""A catalogue of products: one row per product or variant, from any shop system, with costs where they are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.collect import amounts, ids
from patron.ports.source import Check, Field, FileSource, Layout, Note

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

_FIELDS = (
    Field(
        "product_code",
        "reference",
        ("sku", "stock code", "product id", "item code", "code", "article", "article number", "id"),
        needed=True,
        filled=True,
    ),
    Field("name", "text", ("product name", "title", "description", "product", "item name")),
    Field("category", "text", ("product category", "category name", "department", "type")),
    Field("category_path", "text", ("categories", "category tree", "product category path")),
    Field("brand", "text", ("vendor", "manufacturer", "brand name", "manufacturer id")),
    Field("price", "amount", ("list price", "regular price", "unit price", "selling price")),
    Field("cost", "amount", ("unit cost", "cost price", "cost per item", "purchase price", "cogs")),
    Field("currency", "text", ("currency code",)),
    Field("launched_at", "instant", ("launch date", "launched on", "created at", "date added", "available from")),
    Field("is_active", "flag", ("active", "on sale", "published", "enabled")),
    Field("updated_at", "instant", ("modified at", "last modified")),
    Field("product_type", "text"),
)


def _listing_id(intake: Intake, code: ir.StringValue) -> ir.IntegerValue:
    return ids.named(f"listing/{intake.source}/catalogue", code)


def _facts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    name = ibis.coalesce(records.name, records.product_type)
    return {
        "listings": records.select(
            "product_code", "category_path", "brand", "price", "cost", "launched_at", "is_active", "updated_at",
            listing_id=records.key, is_listed=ibis.literal(value=True), product_id=ids.product_id(records.product_code), name=name,
            category=ibis.coalesce(records.category, records.category_path.split(">")[0].strip()),
            currency=ibis.coalesce(records.currency.upper(), ibis.literal(intake.currency)),
        )
    }  # fmt: skip


def _price(field: str) -> Check:
    return Check(field, lambda r: ~r[field].between(0, 100_000_000), "an amount between 0 and a hundred million")


LAYOUT = Layout(
    name="products",
    fields=_FIELDS,
    primary="listings",
    key=lambda records, intake: _listing_id(intake, records.product_code),
    facts=_facts,
    checks=(
        _price("price"),
        _price("cost"),
        Check("currency", lambda r: ~amounts.is_code(r.currency.upper()), "an ISO 4217 code such as EUR"),
    ),
    notes=(Note("{count:,} products have a cost: margins are known for them.", "listings", lambda p: p.cost.notnull()),),
)
SOURCE = FileSource("products", "Products of any shop, one row each, with costs where they are known.", (LAYOUT,))
