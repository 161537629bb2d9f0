"""Orders of WooCommerce: the REST API's objects as JSON, and the CSV of WebToffee's export plug-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.adapters.sources import woocommerce_rows as woo
from patron.adapters.sources.payloads import EVERY_LINE_HAS_AN_ID, each_of
from patron.adapters.sources.payloads_json import all_matches, each
from patron.collect import amounts, ids
from patron.collect.parsing import nested
from patron.kernel.time import to_utc_timestamp
from patron.ports.source import Check, Field, Layout, Note

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

_AMOUNT, _QUANTITY = "decimal(18, 6)", "decimal(18, 3)"
_PLACES = ("country", "region", "city", "postal_code")
_ATTRIBUTION, _TOLD = "_wc_order_attribution_", ("utm_source", "utm_medium", "utm_campaign", "source_type")
_NOTES = (
    Note("{count:,} refunds have no date of their own; the order's was taken.", "refunds", lambda r: ~r.is_dated),
    Note("{count:,} orders are not paid and do not count as sales.", "orders", lambda r: r.kind == "unpaid"),
    Note("{count:,} orders have no customer.", "orders", lambda r: r.buyer_id.isnull()),
)


def _order_id(records: ir.Table, intake: Intake) -> ir.IntegerValue:
    return ids.order_id(intake.source, intake.scope, records.order_number)


_REST_FIELDS = (
    Field("order_number", "reference", ("number", "id"), needed=True, filled=True),
    Field("status", "text", needed=True, filled=True),
    Field("currency", "text", needed=True),
    Field("created_gmt", "text", ("date_created_gmt",)),
    Field("created_at", "instant", ("date_created",), needed=True),
    Field("modified_gmt", "text", ("date_modified_gmt",)),
    Field("completed_gmt", "text", ("date_completed_gmt",)),
    Field("paid_gmt", "text", ("date_paid_gmt", "date_paid")),
    Field("total", "amount", needed=True, filled=True),
    Field("tax", "amount", ("total_tax",)),
    Field("shipping_total", "amount"),
    Field("discount", "amount", ("discount_total",)),
    Field("customer_number", "reference", ("customer_id",)),
    Field("email", "email", ("billing.email",)),
    Field("phone", "phone", ("billing.phone",)),
    Field("first_name", "text", ("billing.first_name",)),
    Field("last_name", "text", ("billing.last_name",)),
    Field("country", "text", ("shipping.country",)),
    Field("region", "text", ("shipping.state",)),
    Field("city", "text", ("shipping.city",)),
    Field("postal_code", "text", ("shipping.postcode",)),
    Field("billing_country", "text", ("billing.country",)),
    Field("billing_region", "text", ("billing.state",)),
    Field("billing_city", "text", ("billing.city",)),
    Field("billing_postal_code", "text", ("billing.postcode",)),
    Field("line_items", "json", needed=True),
    Field("coupon_lines", "json"),
    Field("refunds", "json"),
    Field("meta_data", "json"),
    Field("created_via", "text"),
)  # fmt: skip


def _rest(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    known = records.mutate(
        currency=ibis.coalesce(records.currency.upper(), ibis.literal(intake.currency)),
        ordered_at=ibis.coalesce(woo.utc(records.created_gmt), records.created_at),
        coupon_code=woo.text_at(records.coupon_lines, "$[0].code").nullif(""),
    )
    lines = _rest_lines(known)
    net = lines.group_by("key", "record").agg(_net=lines.total.sum().cast(_AMOUNT))
    known = known.left_join(net, ["key", "record"]).drop("key_right", "record_right")
    known = known.left_join(_attribution(known), "record").drop("record_right")
    back = woo.texts_at(known.refunds, "$[*].total").try_cast(f"array<{_AMOUNT}>").sums()
    values = {
        **{c: known[c] for c in ("order_number", "ordered_at", "total", "tax", "discount", "currency", "coupon_code")},
        **{c: known[c] for c in ("email", "phone", "first_name", "last_name")},
        **{c: ibis.coalesce(known[c], known[f"billing_{c}"]) for c in _PLACES},
        "customer_number": known.customer_number.nullif("0"),
        "shipping": known.shipping_total,
        "subtotal": known._net,
        "refunded": back.cast(_AMOUNT),
        "status": woo.status(known.status, known.paid_gmt.notnull()),
        "delivered_at": woo.utc(known.completed_gmt),
        "updated_at": woo.utc(known.modified_gmt),
        "channel": ibis.ifelse(known.created_via.isin(("checkout", "store-api")), ibis.literal("web"), known.created_via),
        "campaign_source": known._utm_source,
        "campaign_medium": woo.medium(known._utm_medium, known._source_type),
        "campaign_name": known._utm_campaign,
    }
    return woo.with_lines(woo.order_facts(known, intake, values), woo.line_rows(lines, intake))


def _attribution(known: ir.Table) -> ir.Table:
    """Where a buyer came from, of orders that say it; notes of plug-ins stand beside it, of which several may have one name."""
    notes = each_of(known, ("record",), each(known.meta_data), {"name": "key", "said": "value"}, name="_notes")
    told = {f"_{what}": notes.said.max(where=notes.name == _ATTRIBUTION + what) for what in _TOLD}
    return notes.filter(notes.name.startswith(_ATTRIBUTION)).group_by("record").agg(**told)


def _rest_lines(records: ir.Table) -> ir.Table:
    items = records.select("key", "record", "currency", "coupon_code", "ordered_at", one=each(records.line_items).unnest())
    items = items.mutate(one=nested(items.one))

    def at(name: str) -> ir.StringValue:
        return woo.text_at(items.one, f"$.{name}")

    return items.select(
        "key", "record", "currency", "coupon_code", "ordered_at",
        item=at("id"),
        product_code=woo.code(at("sku"), at("variation_id"), at("product_id")),
        name=at("name"),
        quantity=ibis.coalesce(at("quantity").try_cast(_QUANTITY), ibis.literal(1).cast(_QUANTITY)),
        subtotal=at("subtotal").try_cast(_AMOUNT),
        total=at("total").try_cast(_AMOUNT),
        tax=at("total_tax").try_cast(_AMOUNT),
    )  # fmt: skip


REST = Layout(
    name="WooCommerce orders as JSON",
    fields=_REST_FIELDS,
    primary="orders",
    key=_order_id,
    facts=_rest,
    checks=(
        Check(
            "created_at", lambda r: woo.utc(r.created_gmt).isnull() & r.created_at.isnull(), "a date or time such as 2011-12-10T08:26:00"
        ),
        Check("currency", lambda r: ~amounts.is_code(r.currency.upper()), "an ISO 4217 code such as EUR"),
        EVERY_LINE_HAS_AN_ID,
    ),
    notes=_NOTES,
)

_CSV_FIELDS = (
    Field("order_number", "reference", needed=True, filled=True),
    Field("ordered_at", "instant", ("order_date",), needed=True, filled=True),
    Field("paid_at", "text", ("paid_date",)),
    Field("status", "text", needed=True, filled=True),
    Field("shipping_total", "amount"),
    Field("tax", "amount", ("tax_total",)),
    Field("discount", "amount", ("discount_total",)),
    Field("total", "amount", ("order_total",), needed=True, filled=True),
    Field("subtotal", "amount", ("order_subtotal",), needed=True),
    Field("currency", "text", ("order_currency",)),
    Field("customer_number", "reference", ("customer_id", "customer_user")),
    Field("email", "email", ("billing_email",)),
    Field("account_email", "email", ("customer_email",)),
    Field("phone", "phone", ("billing_phone",)),
    Field("first_name", "text", ("billing_first_name",)),
    Field("last_name", "text", ("billing_last_name",)),
    Field("country", "text", ("shipping_country",)),
    Field("region", "text", ("shipping_state",)),
    Field("city", "text", ("shipping_city",)),
    Field("postal_code", "text", ("shipping_postcode",)),
    Field("billing_country", "text"),
    Field("billing_region", "text", ("billing_state",)),
    Field("billing_city", "text"),
    Field("billing_postal_code", "text", ("billing_postcode",)),
    Field("coupon_items", "text"),
    Field("refund_items", "text"),
    Field("campaign_source", "text", (f"meta:{_ATTRIBUTION}utm_source",)),
    Field("campaign_medium", "text", (f"meta:{_ATTRIBUTION}utm_medium",)),
    Field("campaign_name", "text", (f"meta:{_ATTRIBUTION}utm_campaign",)),
    Field("source_type", "text", (f"meta:{_ATTRIBUTION}source_type",)),
)  # fmt: skip
_REFUND_AT = r"date:(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)"


def _csv(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    known = records.mutate(
        currency=ibis.coalesce(records.currency.upper(), ibis.literal(intake.currency)),
        coupon_code=records.coupon_items.re_extract(r"code:([^|;]+)", 1).strip().nullif(""),
    )
    zero = ibis.literal(0).cast(_AMOUNT)
    back = all_matches(known.refund_items, r"amount:\s*-?([0-9.]+)", 1).cast(f"array<{_AMOUNT}>").sums()
    last_back = all_matches(known.refund_items, _REFUND_AT, 1).maxs().try_cast("timestamp(6)")
    zone = intake.calendar.zone
    values = {
        **{c: known[c] for c in ("order_number", "ordered_at", "total", "tax", "discount", "currency", "coupon_code")},
        **{c: known[c] for c in ("phone", "first_name", "last_name", "campaign_source", "campaign_name")},
        **{c: ibis.coalesce(known[c], known[f"billing_{c}"]) for c in _PLACES},
        "customer_number": known.customer_number.nullif("0"),
        "email": ibis.coalesce(known.email, known.account_email),
        "shipping": known.shipping_total,
        "subtotal": (known.subtotal - ibis.coalesce(known.discount, zero)).cast(_AMOUNT),
        "refunded": back.cast(_AMOUNT),
        "refunded_at": last_back if zone == "UTC" else to_utc_timestamp(last_back, zone),
        "status": woo.status(known.status, known.paid_at.notnull()),
        "channel": ibis.literal("web"),
        "campaign_medium": woo.medium(known.campaign_medium, known.source_type),
    }
    return woo.with_lines(woo.order_facts(known, intake, values), woo.line_rows(_csv_lines(known), intake))


def _csv_lines(records: ir.Table) -> ir.Table:
    """Lines stand in columns of their own, `line_item_1`, `line_item_2` …: `name:…|product_id:…|sku:…|quantity:…|total:…|sub_total:…`."""
    cells = all_matches(records.rest, r'"(line_item_\d+": "(?:[^"\\]|\\.)*)"', 1)
    items = records.select("key", "record", "currency", "coupon_code", "ordered_at", one=cells.unnest())
    text = items.one.re_replace(r'^line_item_\d+": "', "").replace('\\"', '"').replace("\\\\", "\\")

    def at(name: str) -> ir.StringValue:
        return text.re_extract(rf"\|{name}:([^|]*)", 1).strip().nullif("")

    total = at("total").try_cast(_AMOUNT)
    return items.select(
        "key", "record", "currency", "coupon_code", "ordered_at",
        item=items.one.re_extract(r"^(line_item_\d+)", 1),
        product_code=woo.code(at("sku"), at("variation_id"), at("product_id")),
        name=text.re_extract(r"^name:(.*?)\|product_id:", 1).strip().nullif(""),
        quantity=ibis.coalesce(at("quantity").try_cast(_QUANTITY), ibis.literal(1).cast(_QUANTITY)),
        subtotal=ibis.coalesce(at("sub_?total").try_cast(_AMOUNT), total),
        total=total,
        tax=at("tax").try_cast(_AMOUNT),
    )  # fmt: skip


WEBTOFFEE = Layout(
    name="WooCommerce orders by WebToffee's export",
    fields=_CSV_FIELDS,
    primary="orders",
    key=_order_id,
    facts=_csv,
    checks=(
        Check("total", lambda r: r.total < 0, "an amount that is not negative"),
        Check("currency", lambda r: ~amounts.is_code(r.currency.upper()), "an ISO 4217 code such as EUR"),
    ),
    marks=("order_number", "order_total", "line_item_1"),
    rest=True,
    notes=_NOTES,
)
