"""What documents have besides their lines, when files tell of them again: who bought, when, in which currency, with which coupon.

It is the same in every line of an order and every credit of a note, whichever file said it; so a file that says otherwise changes them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.collect import orders_of_lines as ordering
from patron.facts import tables as t
from patron.runtime.loading_counts import any_of
from patron.runtime.loading_scratch import kept, remember

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.ports.engine import Store
    from patron.ports.source import Intake

TOUCHED_ORDERS, TOUCHED_BUYERS, TOUCHED_CREDITS = "_load_touched_orders", "_load_touched_buyers", "_load_touched_credits"
_BUYERS = ("customer_number", "email", "phone")


def with_heads(store: Store, numbers: ir.Table, intake: Intake) -> ir.Table:
    """The numbers of a file with what is known of their documents by now, from this and earlier files; earlier rows follow.

    Args:
        store: it, within a transaction.
        numbers: `Lines.numbers`.
        intake: the file's.
    """
    orders = t.ORDERS.unbound().semi_join(numbers, "order_id")
    credits_ = credits_of(numbers, intake)
    is_known = any_of(store, orders) or any_of(store, credits_)
    if not is_known and not any_of(store, numbers.filter(numbers.raw != numbers.order_number)):
        _touch(store, numbers, numbers)
        return numbers
    known = ordering.known_of_orders(orders).union(ordering.known_of_credits(credits_, numbers))
    before = kept(store, "_load_before", known)
    heads = kept(store, "_load_heads", ordering.heads(numbers, before))
    if is_known:
        store.update("order_lines", heads.select("order_id", "ordered_at", "currency"), ("order_id",))
        of_credits = heads.select("buyer_id", "currency", document_number=heads.order_number, refunded_at=heads.ordered_at)
        places = {"scope": ibis.literal(intake.scope), "source": ibis.literal(intake.source)}
        store.update("credits", of_credits.mutate(**places), ("source", "scope", "document_number"))
    _touch(store, heads, before.select("buyer_id").union(heads.select("buyer_id")))
    whole = numbers.select("raw", "is_credit", "is_sold", "order_id", *_BUYERS, *ordering.SUMMED).join(heads, "order_id")
    return kept(store, "_load_headed", whole.select(*numbers.columns))


def credits_of(numbers: ir.Table, intake: Intake) -> ir.Table:
    """The stored credits of a file's numbers."""
    stored = t.CREDITS.unbound()
    mine = stored.filter(stored.scope == intake.scope, stored.source == intake.source)
    return mine.semi_join(numbers, mine.document_number == numbers.order_number)


def _touch(store: Store, documents: ir.Table, buyers: ir.Table) -> None:
    """Remember for the refunds whose documents and which buyers' a file told of."""
    remember(store, TOUCHED_ORDERS, documents.select("order_id"))
    remember(store, TOUCHED_BUYERS, buyers.filter(buyers.buyer_id.notnull()).select("buyer_id"))
