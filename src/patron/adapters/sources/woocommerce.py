"""WooCommerce: orders, customers and products, as the REST API and webhooks give them or as its plug-ins and its own export write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.adapters.sources import woocommerce_orders as orders
from patron.adapters.sources import woocommerce_rows as woo
from patron.adapters.sources import woocommerce_webhooks as webhooks
from patron.collect import ids, people, places
from patron.ports.source import Field, FileSource, Layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

_COST = (
    "cost of goods",
    "cost",
    "Meta: _wc_cog_cost",
    "Meta: _alg_wc_cog_cost",
    "Meta: _cogs_total_value",
    "cost_of_goods_sold.total_value",
)


def _product_code(records: ir.Table) -> ir.StringValue:
    return woo.code(records.sku, ibis.null("string"), records.number)


def _listing_id(records: ir.Table, intake: Intake) -> ir.IntegerValue:
    return ids.named(f"listing/{intake.source}", ids.product_id(_product_code(records)).cast("string"))


def _listing(records: ir.Table, intake: Intake, path: ir.StringValue, **others: ir.Value) -> dict[str, ir.Table]:
    code = _product_code(records)
    rows = records.select(
        listing_id=records.key,
        is_listed=ibis.literal(value=True),
        product_id=ids.product_id(code),
        product_code=code,
        name=woo.plain(records.name),
        category=path.re_extract(r"^\s*([^>]*[^>\s])", 1).nullif(""),
        category_path=path,
        brand=records.brand,
        price=records.price,
        cost=records.cost,
        currency=ibis.ifelse(records.price.notnull() | records.cost.notnull(), ibis.literal(intake.currency), ibis.null("string")),
        **others,
    )
    return {"listings": rows.filter(rows.product_id.notnull())}


def _csv_products(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    """Of several categories the first counts; `Clothing > Shirts` is a path."""
    path = woo.plain(records.categories).re_extract(r"^((?:[^,\\]|\\.)*)", 1).replace("\\,", ",").strip().nullif("")
    usual = ibis.ifelse(path == "Uncategorized", ibis.null("string"), path)
    return _listing(records, intake, usual, is_active=records.published > 0)


PRODUCTS = Layout(
    name="WooCommerce product export",
    fields=(
        Field("number", "reference", ("ID",), needed=True, filled=True),
        Field("sku", "reference", ("SKU",), needed=True),
        Field("name", "text", needed=True, filled=True),
        Field("published", "number"),
        Field("price", "amount", ("Regular price",), needed=True),
        Field("cost", "amount", _COST),
        Field("categories", "text"),
        Field("brand", "text", ("Brands",)),
    ),
    primary="listings",
    key=_listing_id,
    facts=_csv_products,
    marks=("Type", "Visibility in catalog"),
)


def _rest_products(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    category = woo.plain(woo.text_at(records.categories, "$[0].name"))
    usual = ibis.ifelse(category == "Uncategorized", ibis.null("string"), category)
    known = records.mutate(
        brand=woo.plain(woo.text_at(records.brands, "$[0].name")), price=ibis.coalesce(records.regular_price, records.price)
    )
    launched, changed = woo.utc(known.created_gmt), woo.utc(known.modified_gmt)
    return _listing(known, intake, usual, is_active=known.status == "publish", launched_at=launched, updated_at=changed)


REST_PRODUCTS = Layout(
    name="WooCommerce products as JSON",
    fields=(
        Field("number", "reference", ("id",), needed=True, filled=True),
        Field("sku", "reference", needed=True),
        Field("name", "text", needed=True, filled=True),
        Field("status", "text"),
        Field("regular_price", "amount", needed=True),
        Field("price", "amount"),
        Field("cost", "amount", _COST),
        Field("categories", "json"),
        Field("brands", "json"),
        Field("created_gmt", "text", ("date_created_gmt",)),
        Field("modified_gmt", "text", ("date_modified_gmt",)),
    ),
    primary="listings",
    key=_listing_id,
    facts=_rest_products,
    marks=("permalink", "date_created_gmt"),
)


def _person(records: ir.Table, intake: Intake) -> people.Person:
    return people.identified(records, intake, customer_number=records.number, email=records.email, phone=records.phone)


def _customers(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    created = woo.utc(records.created_gmt)
    profile = {
        **{c: records[c] for c in ("email", "phone", "first_name", "last_name", "region", "city", "postal_code")},
        "customer_number": records.number,
        "country": places.country(records.country),
        "created_at": created,
    }
    return people.observed(
        _person(records, intake), intake, seen_at=created, updated_at=woo.utc(records.modified_gmt), kind="customers", profile=profile
    )


CUSTOMERS = Layout(
    name="WooCommerce customers as JSON",
    fields=(
        Field("number", "reference", ("id",), needed=True, filled=True),
        Field("email", "email", needed=True),
        Field("first_name", "text"),
        Field("last_name", "text"),
        Field("phone", "phone", ("billing.phone",)),
        Field("country", "text", ("billing.country",)),
        Field("region", "text", ("billing.state",)),
        Field("city", "text", ("billing.city",)),
        Field("postal_code", "text", ("billing.postcode",)),
        Field("created_gmt", "text", ("date_created_gmt",)),
        Field("modified_gmt", "text", ("date_modified_gmt",)),
    ),
    primary="profiles",
    key=lambda records, intake: people.profile_id(_person(records, intake), intake, kind="customers"),
    facts=_customers,
    marks=("is_paying_customer",),
)
SOURCE = FileSource(
    "woocommerce",
    "Orders, customers and products of WooCommerce: REST objects as JSON, deliveries of webhooks, exports of orders and products.",
    (orders.REST, orders.WEBTOFFEE, REST_PRODUCTS, CUSTOMERS, PRODUCTS, webhooks.layout(CUSTOMERS, REST_PRODUCTS)),
)
