"""The order grid of Magento and Adobe Commerce, exported as CSV: one row per order, without lines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import ibis

from patron.adapters.sources import orders
from patron.ports.source import FileSource, Layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Field, Intake

_HEADERS = {
    "order_number": ("ID", "Order #", "Increment ID"),
    "ordered_at": ("Purchase Date",),
    "total": ("Grand Total (Base)", "G.T. (Base)"),
    "email": ("Customer Email",),
    "subtotal": ("Subtotal",),
    "shipping": ("Shipping and Handling",),
    "refunded": ("Total Refunded",),
    "status": ("Status",),
    "channel": ("Purchase Point",),
}
_NOT_PAID = ("pending payment", "pending paypal", "payment review", "holded", "fraud")


def _fields() -> tuple[Field, ...]:
    needed = {"order_number", "ordered_at", "total", "email", "status"}
    filled = {"order_number", "ordered_at", "total"}
    return tuple(
        replace(f, headers=_HEADERS.get(f.name, ()), needed=f.name in needed, filled=f.name in filled) for f in orders.LAYOUT.fields
    )


def _facts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    """The grid has products before discounts, and neither discount nor tax: what the total lacks is discount, what it has more is tax."""
    zero = ibis.literal(0).cast("decimal(18, 6)")
    paid = records.total - ibis.coalesce(records.shipping, zero)
    listed = ibis.coalesce(records.subtotal, paid)
    status = records.status.lower().replace("_", " ")
    known = records.mutate(
        subtotal=ibis.least(listed, paid),
        discount=ibis.greatest(listed - paid, zero),
        tax=ibis.greatest(paid - listed, zero),
        status=ibis.ifelse(status.isin(_NOT_PAID), ibis.literal("pending"), status),
        # The name of the store view spans lines: website, store, view.
        channel=ibis.literal("web"),
    )
    return orders.LAYOUT.facts(known, replace(intake, has=intake.has | {"subtotal", "discount", "tax", "channel"}))


LAYOUT: Layout = replace(
    orders.LAYOUT, name="Magento order grid", fields=_fields(), facts=_facts, marks=("Purchase Point", "Bill-to Name", "Grand Total (Base)")
)
SOURCE = FileSource("magento", "The order grid of Magento or Adobe Commerce, one row per order.", (LAYOUT,))
