"""Order lines: one row per product of an order, as any shop system can give them; orders, credit notes and buyers are found in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.collect import amounts
from patron.ports.source import Check, Field, FileSource, Layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

_LARGEST_QUANTITY, _LARGEST_PRICE, _LARGEST_AMOUNT = 10_000_000, 100_000_000, 1_000_000_000

_ORDER = Field(
    "order_number",
    "raw",
    (
        "invoice no",
        "invoice number",
        "invoice",
        "order id",
        "order no",
        "order nr",
        "basket id",
        "transaction id",
        "receipt",
        "order name",
        "order",
        "document",
        "document number",
    ),
    needed=True,
    filled=True,
)
_AT = Field(
    "ordered_at",
    "instant",
    (
        "invoice date",
        "order date",
        "transaction timestamp",
        "timestamp",
        "created at",
        "date",
        "purchase date",
        "datetime",
        "time",
        "date created",
    ),
    needed=True,
    filled=True,
)
_COMMON = (
    _ORDER,
    _AT,
    Field("product_name", "raw", ("description", "product", "item name", "name", "title", "lineitem name", "product title")),
    Field(
        "customer_number",
        "raw",
        ("customer id", "customer no", "customer", "household id", "client id", "user id", "member id", "buyer id"),
    ),
    Field("email", "raw", ("customer email", "e-mail", "email address", "billing email")),
    Field("phone", "raw", ("telephone", "customer phone", "billing phone")),
    Field("currency", "raw", ("currency code",)),
    Field("discount", "amount", ("discount amount", "line discount", "retail disc", "retail discount", "markdown")),
    Field("coupon_discount", "amount", ("coupon disc", "coupon amount", "voucher discount")),
    Field("coupon_match_discount", "amount", ("coupon match disc",)),
    Field("tax", "amount", ("tax amount", "vat", "line tax")),
    Field("list_price", "amount", ("compare at price", "regular price", "rrp", "original price")),
    Field("cost", "amount", ("unit cost", "cost price", "cost per item", "cogs")),
    Field("coupon_code", "raw", ("coupon", "discount code", "voucher", "promo code")),
    Field("category", "raw", ("product category", "department", "category name", "product type")),
    Field("brand", "raw", ("vendor", "manufacturer")),
    Field("channel", "raw", ("sales channel",)),
    Field("country", "raw", ("country code", "shipping country", "billing country")),
    Field("region", "raw", ("state", "province", "county")),
    Field("city", "raw", ("shipping city", "town")),
    Field("postal_code", "raw", ("zip", "zip code", "postcode")),
)
_CODE = (
    "stock code",
    "sku",
    "product id",
    "item code",
    "item id",
    "article",
    "article number",
    "variant sku",
    "lineitem sku",
    "upc",
    "ean",
    "asin",
)
_QUANTITY = ("qty", "units", "count", "amount of items", "lineitem quantity", "number of units")
_PRICE = ("price", "item price", "price per unit", "unit amount", "lineitem price", "unit cost price")
_AMOUNT = ("line total", "total", "sales value", "net revenue", "revenue", "sales", "line amount", "total price", "turnover", "value")

_CHECKS = (
    Check("quantity", lambda r: ~r.quantity.between(-_LARGEST_QUANTITY, _LARGEST_QUANTITY), "a quantity of at most ten million"),
    Check("unit_price", lambda r: ~r.unit_price.between(-_LARGEST_PRICE, _LARGEST_PRICE), "a price of at most a hundred million"),
    Check("amount", lambda r: ~r.amount.between(-_LARGEST_AMOUNT, _LARGEST_AMOUNT), "an amount of at most a billion"),
    Check(
        "currency",
        lambda r: (r.currency.strip() != "") & ~amounts.is_code(r.currency.strip().upper()),
        "an ISO 4217 code such as EUR",
    ),
)


def _fields(*, is_coded: bool, is_totalled: bool) -> tuple[Field, ...]:
    return (
        *_COMMON,
        Field("product_code", "raw", _CODE, needed=is_coded),
        Field("quantity", "quantity", _QUANTITY, needed=not is_totalled, filled=True),
        Field("unit_price", "amount", _PRICE, needed=not is_totalled, filled=not is_totalled),
        Field("amount", "amount", _AMOUNT, needed=is_totalled, filled=is_totalled),
    )


def _nothing(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:  # noqa: ARG001  # lines are loaded by `runtime.loading_lines`
    return {}


def _layout(name: str, *, is_coded: bool, is_totalled: bool) -> Layout:
    return Layout(
        name=name,
        fields=_fields(is_coded=is_coded, is_totalled=is_totalled),
        primary="order_lines",
        key=lambda records, _: ibis.literal(0, type="int64"),  # noqa: ARG005
        facts=_nothing,
        checks=_CHECKS,
        grain="lines",
    )


SOURCE = FileSource(
    "lines",
    "Order lines of any shop, one row per product of an order; credit notes among them are refunds.",
    (
        _layout("order lines with totals", is_coded=True, is_totalled=True),
        _layout("order lines", is_coded=True, is_totalled=False),
    ),
)
