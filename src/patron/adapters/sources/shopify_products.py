"""Shopify's export of products, in both layouts in use, and its list of discounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.collect import ids
from patron.ports.source import Check, Field, Layout, Note

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

_FIELDS = (
    Field("handle", "text", ("url handle",), needed=True, filled=True),
    Field("title", "text", needed=True),
    Field("vendor", "text", needed=True),
    Field("type", "text"),
    Field("product_category", "text"),
    Field("status", "text"),
    Field("published", "flag", ("published on online store",)),
    Field("sku", "text", ("variant sku",), needed=True),
    Field("price", "amount", ("variant price",), needed=True),
    Field("cost", "amount", ("cost per item",)),
    *(Field(f"option{n}_value", "text") for n in (1, 2, 3)),
)


def _of_product(records: ir.Table, column: str) -> ir.Value:
    """A product's own column, which stands in the first row of its handle only."""
    return records[column].max().over(ibis.window(group_by=records.handle))


def _code(records: ir.Table) -> ir.StringValue:
    """The SKU, else what an order calls the variant."""
    options = [records[f"option{n}_value"].nullif("Default Title") for n in (1, 2, 3)]
    more = [ibis.coalesce(ibis.literal(" / ") + o, ibis.literal("")) for o in options]
    variant = (more[0] + more[1] + more[2]).substr(3).nullif("")
    return ibis.coalesce(records.sku, _of_product(records, "title") + ibis.coalesce(ibis.literal(" - ") + variant, ibis.literal("")))


def listing_id(intake: Intake, code: ir.StringValue) -> ir.IntegerValue:
    """The id of what the catalogue says about a product."""
    return ids.named(f"listing/{intake.source}/catalogue", code)


def _facts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    code, path, status = _code(records), _of_product(records, "product_category"), _of_product(records, "status")
    return {
        "listings": records.select(
            "price", "cost", listing_id=records.key, is_listed=ibis.literal(value=True), product_id=ids.product_id(code), product_code=code,
            name=_of_product(records, "title"), brand=_of_product(records, "vendor"), category_path=path,
            category=ibis.coalesce(_of_product(records, "type"), path.split(">")[0].strip()), currency=ibis.literal(intake.currency),
            is_active=ibis.ifelse(status.notnull(), status.lower() == "active", _of_product(records, "published")),
        )
    }  # fmt: skip


LAYOUT = Layout(
    name="Shopify products export",
    fields=_FIELDS,
    primary="listings",
    key=lambda records, intake: listing_id(intake, _code(records)),
    facts=_facts,
    checks=(Check("price", lambda r: ~r.price.between(0, 100_000_000), "a price between 0 and a hundred million"),),
    skip=lambda r: r.sku.isnull() & r.price.isnull(),  # a further picture of a product
    notes=(Note("{count:,} products have a cost: margins are known for them.", "listings", lambda p: p.cost.notnull()),),
)

DISCOUNTS = Layout(
    name="Shopify discounts export",
    fields=(
        Field("name", "text", needed=True, filled=True),
        Field("value", "amount", needed=True),
        Field("value_type", "text", needed=True),
        Field("discount_class", "text"),
        Field("times_used", "count", ("times used in total",)),
    ),
    primary="redemptions",
    key=lambda records, _: ids.named("discount", records.name),
    facts=lambda _, __: {},
    notes=(
        Note(
            "{count:,} discount codes are named; who used them stands in the orders export.",
            "records",
            lambda r: r.name.notnull(),
        ),
    ),
)
