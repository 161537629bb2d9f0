"""Products as Shopify's webhooks tell of them: each variant is what the export's row of it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.adapters.sources.payloads import Payload, each_of, is_one_of
from patron.adapters.sources.payloads_json import amounts_of, each, instant
from patron.adapters.sources.shopify_products import listing_id
from patron.collect import ids
from patron.ports.source import Check, Field, Layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

_FIELDS = (
    Field("title", "text", filled=True),
    Field("vendor", "text"),
    Field("product_type", "text"),
    Field("category_path", "text", ("category.full_name",)),
    Field("status", "text"),
    Field("created", "text", ("created_at",)),
    Field("updated", "text", ("updated_at",), filled=True),
    Field("variants", "json", needed=True),
)
_VARIANT = {"sku": "sku", "variant": "title", "price": "price"}


def _facts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    kept = tuple(f.name for f in _FIELDS if f.name != "variants")
    known = each_of(records, kept, each(records.variants), _VARIANT, name="_variants")
    variant = known.variant.nullif("Default Title")
    code = ibis.coalesce(known.sku, known.title + ibis.coalesce(ibis.literal(" - ") + variant, ibis.literal("")))
    return {
        "listings": known.select(
            "category_path", price=known.price.try_cast("decimal(18, 6)"), updated_at=instant(known.updated),
            listing_id=listing_id(intake, code), is_listed=ibis.literal(value=True),
            product_id=ids.product_id(code), product_code=code, name=known.title, brand=known.vendor,
            category=ibis.coalesce(known.product_type, known.category_path.split(">")[0].strip()),
            currency=ibis.literal(intake.currency), launched_at=instant(known.created),
            is_active=ibis.ifelse(known.status.notnull(), known.status.lower() == "active", ibis.null("boolean")),
        )
    }  # fmt: skip


LAYOUT = Layout(
    name="Shopify product as JSON",
    fields=_FIELDS,
    primary="listings",
    key=lambda records, _: ids.named("event", records.topic, records.payload),
    facts=_facts,
    checks=(
        Check("updated", lambda r: r.updated.notnull() & instant(r.updated).isnull(), "an instant such as 2026-01-31T10:00:00Z"),
        Check("variants", lambda r: amounts_of(r.variants, "", "price").mins() < 0, "a price for every variant that is not negative"),
        Check("variants", lambda r: amounts_of(r.variants, "", "price").maxs() > 100_000_000, "a price of at most a hundred million"),
    ),
)
PAYLOAD = Payload(is_one_of("products/create", "products/update"), LAYOUT)
