"""Carts and checkouts of Shopify as events, so that what was left behind is known.

A cart has a token and no person; the checkout and the order that it becomes carry the token too, and so say whose it was. Shopify tells the
state of a cart and not what changed: `product_added` is told once per cart and product, as of the cart's beginning, with the price of one
piece; `cart_updated` tells each state, with its units and value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.adapters.sources.payloads import Payload, each_of, is_one_of
from patron.adapters.sources.payloads_json import each, instant, sum_of
from patron.collect import amounts, ids, people
from patron.kernel.money import CURRENCIES
from patron.ports.source import Check, Field, Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake, RowsOf

_AFTER_NAME = r"\?.*$"  # what follows a question mark is a key of the cart's owner, not its name
_CART = (
    Field("cart", "reference", ("token",), filled=True),
    Field("created", "text", ("created_at",)),
    Field("updated", "text", ("updated_at",), filled=True),
    Field("currency", "text"),
    Field("line_items", "json"),
)
_CHECKOUT = (
    Field("checkout", "reference", ("token",), filled=True),
    Field("cart", "reference", ("cart_token",)),
    Field("created", "text", ("created_at",), filled=True),
    Field("updated", "text", ("updated_at",), filled=True),
    Field("currency", "text"),
    Field("total", "amount", ("total_price",)),
    Field("customer_number", "reference", ("customer.id",)),
    Field("email", "email"),
    Field("customer_email", "email", ("customer.email",)),
    Field("phone", "phone"),
    Field("line_items", "json"),
)
_LINE = {"sku": "sku", "name": "name", "title": "title", "variant": "variant_title", "price": "price"}


def _with_lines(records: ir.Table, intake: Intake) -> ir.Table:
    """What carts and checkouts share: the cart's token as identifier and session, instants, currency, units and value."""
    code = ibis.coalesce(records.currency.upper(), ibis.literal(intake.currency))
    return records.mutate(
        cart=records.cart.re_replace(_AFTER_NAME, "").nullif(""),
        currency=code,
        created_at=instant(ibis.coalesce(records.created, records.updated)),
        updated_at=instant(records.updated),
        units=sum_of(records.line_items, "", "quantity").try_cast("decimal(18, 3)"),
        value=amounts.minor(_usual(sum_of(records.line_items, "", "line_price")), code),
        product_code=ibis.null("string"),
        said=records.payload,
    )


def _usual(amount: ir.DecimalValue) -> ir.DecimalValue:
    return ibis.ifelse(amount.abs() < 100_000_000, amount, ibis.null("decimal(18, 6)"))


def _event(records: ir.Table, intake: Intake, kind: str, at: ir.TimestampValue, *names: ir.StringValue) -> ir.Table:
    person = people.identified(records, intake, anonymous_id=records.cart)
    return records.select(
        event_id=ids.named("event", "shopify", intake.scope, kind, *names),
        visitor_id=person.id,
        kind=ibis.literal(kind),
        occurred_at=at,
        session_id=ids.named("session", intake.scope, records.cart),
        channel=ibis.literal("web"),
        product_id=ids.product_id(records.product_code),
        quantity=records.units,
        value=records.value,
        currency=ibis.ifelse(records.value.notnull(), records.currency, ibis.null("string")),
        properties=records.said,
    )


def _carts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    known = _with_lines(records, intake).alias("_carts_known")
    lines = each_of(known, ("cart", "currency", "created_at"), each(known.line_items), _LINE, name="_cart_lines")
    titled = lines.title + ibis.coalesce(ibis.literal(" - ") + lines.variant, ibis.literal(""))
    added = lines.mutate(
        product_code=ibis.coalesce(lines.sku, lines.name, titled),
        value=amounts.minor(_usual(lines.price.try_cast("decimal(18, 6)")), lines.currency),
        units=ibis.null("decimal(18, 3)"),
        said=ibis.null("string"),
    )
    added = added.filter(added.product_code.notnull())
    person = people.identified(known, intake, anonymous_id=known.cart)
    updated = _event(known, intake, "cart_updated", known.updated_at, known.cart, known.updated_at.cast("string"))
    return {
        "events": updated.union(_event(added, intake, "product_added", added.created_at, added.cart, added.product_code)),
        **people.observed(person, intake, seen_at=known.created_at),
    }


def _checkouts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    own_cart = records.mutate(
        cart=ibis.coalesce(records.cart, records.checkout), email=ibis.coalesce(records.email, records.customer_email)
    )
    known = _with_lines(own_cart, intake)
    known = known.mutate(value=ibis.coalesce(amounts.minor(_usual(known.total), known.currency), known.value)).alias("_checkouts_known")
    topic = known.topic.lower()
    new, changed = known.filter(topic == "checkouts/create"), known.filter(topic != "checkouts/create")
    person = people.identified(
        known, intake, customer_number=known.customer_number, email=known.email, phone=known.phone, anonymous_id=known.cart
    )
    version = changed.updated_at.cast("string")
    return {
        "events": _event(new, intake, "checkout_started", new.created_at, new.checkout).union(
            _event(changed, intake, "checkout_updated", changed.updated_at, changed.checkout, version)
        ),
        **people.observed(person, intake, seen_at=known.updated_at),
    }


def _layout(what: str, fields: tuple[Field, ...], facts: RowsOf) -> Layout:
    instants = ("created", "updated")
    return Layout(
        name=f"Shopify {what} as JSON",
        fields=fields,
        primary="events",
        key=lambda records, _: ids.named("event", records.topic, records.payload),
        facts=facts,
        checks=(
            *(Check(name, _unread(name), "an instant such as 2026-01-31T10:00:00Z") for name in instants),
            Check("currency", lambda r: ~r.currency.upper().isin(sorted(CURRENCIES)), "an ISO 4217 code such as EUR"),
        ),
    )


def _unread(name: str) -> Callable[[ir.Table], ir.BooleanValue]:
    return lambda records: records[name].notnull() & instant(records[name]).isnull()


CARTS = Payload(is_one_of("carts/create", "carts/update"), _layout("cart", _CART, _carts))
CHECKOUTS = Payload(is_one_of("checkouts/create", "checkouts/update"), _layout("checkout", _CHECKOUT, _checkouts))
