"""Refunds from credit notes: matched anew for every buyer that a load told of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.collect import credits as matching
from patron.facts import tables as t
from patron.runtime.loading_counts import any_of
from patron.runtime.loading_heads import TOUCHED_BUYERS, TOUCHED_CREDITS, TOUCHED_ORDERS
from patron.runtime.loading_merge import REPLACED, leave
from patron.runtime.loading_scratch import kept, remember

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.ports.engine import Store

_GROUPS, _SETTLED, _MATCHES, _REFUNDS, _AFFECTED, _OFF = (
    "_load_groups", "_load_settled", "_load_matches", "_load_refunds", "_load_affected", "_load_off",
)  # fmt: skip
_KEY = ("buyer_id", "subject")
_TOUCHED = {"order_id": TOUCHED_ORDERS, "buyer_id": TOUCHED_BUYERS, "credit_id": TOUCHED_CREDITS}


def settle_refunds(store: Store) -> int:
    """Work out the refunds of all buyers and credits that files told of (`loading_heads`); how many were written.

    Args:
        store: it, with `TOUCHED_ORDERS`, `TOUCHED_BUYERS` and `TOUCHED_CREDITS`.
    """
    if not any_of(store, t.CREDITS.unbound()):
        return 0
    orders, buyers, touched = (ibis.table({c: "int64"}, name=n) for c, n in _TOUCHED.items())
    credits_ = t.CREDITS.unbound()
    keyed = credits_.mutate(subject=matching.subject(credits_))
    settled = kept(
        store, _SETTLED, keyed.semi_join(buyers, "buyer_id").union(keyed.filter(keyed.buyer_id.isnull()).semi_join(touched, "credit_id"))
    )
    in_groups = settled.filter(settled.buyer_id.notnull(), settled.subject.notnull())
    groups = kept(store, _GROUPS, in_groups.select(*_KEY).distinct())
    matches = kept(store, _MATCHES, _matches(store, in_groups, groups))
    made = matching.refunds(settled.drop("subject"), matches)
    columns = {c.name: made[c.name].cast(c.type) for c in t.REFUNDS.columns if c.name in made.columns}
    rows = kept(store, _REFUNDS, made.select(**columns, is_full=ibis.literal(value=False)))
    refunds = t.REFUNDS.unbound()
    of_buyers = refunds.semi_join(buyers, "buyer_id").filter(lambda r: r.source.isin(_sources(store)))
    whole = touched.select(refund_id=matching.refund_id(touched.credit_id))
    before = kept(store, "_load_gone", of_buyers.union(refunds.semi_join(whole, "refund_id")).select("refund_id", "order_id"))
    return _replace(store, rows, before, orders)


def _matches(store: Store, credits_: ir.Table, groups: ir.Table) -> ir.Table:
    buyers = t.ORDERS.unbound().semi_join(groups.select("buyer_id").distinct(), "buyer_id")
    bought = t.ORDER_LINES.unbound().semi_join(buyers, "order_id")
    sold, back = matching.sales(bought, buyers).semi_join(groups, list(_KEY)), matching.returns(credits_)
    sold, back = kept(store, "_load_sold", sold), kept(store, "_load_back", back)
    equal = kept(store, "_load_equal", matching.matches_of_equal_size(sold, back))
    rest = matching.matches_of_units(sold.anti_join(equal, "sale_id"), back.anti_join(equal, "credit_id"))
    return equal.union(rest.select(*equal.columns))


def _replace(store: Store, rows: ir.Table, before: ir.Table, touched: ir.Table) -> int:
    """Write refunds in the place of earlier ones, and which orders they call off."""
    refunds = t.REFUNDS.unbound()
    leave(store, t.REFUNDS, refunds.semi_join(before, "refund_id"))
    whose = t.IDENTITIES.unbound().semi_join(rows, [("identifier_id", "buyer_id")])
    remember(store, REPLACED, whose.select("customer_id"))  # a credit note may turn out to be another's, received long ago
    store.delete("refunds", before.select("refund_id"), ("refund_id",))
    written = store.insert("refunds", rows)
    mine = before.select("order_id").union(rows.select("order_id")).union(refunds.semi_join(touched, "order_id").select("order_id"))
    affected = kept(store, _AFFECTED, mine.filter(mine.order_id.notnull()).distinct())
    lines, given_back = t.ORDER_LINES.unbound().semi_join(affected, "order_id"), t.REFUNDS.unbound().semi_join(affected, "order_id")
    off = matching.called_off(lines, given_back)
    store.create(_OFF, affected.left_join(off, "order_id").select("order_id", "cancelled_at"), temporary=True)
    known = ibis.table({"order_id": "int64", "cancelled_at": "timestamp(6)"}, name=_OFF)
    store.update("orders", known, ("order_id",))
    flagged = given_back.join(known, "order_id")
    is_full = ibis.coalesce(flagged.refunded_at == flagged.cancelled_at, ibis.literal(value=False))
    full = flagged.select("refund_id", is_full=is_full)
    store.create("_load_full", full, temporary=True)
    store.update("refunds", ibis.table(full.schema(), name="_load_full"), ("refund_id",))
    return written


def _sources(store: Store) -> list[str]:
    """Sources whose refunds come from credits."""
    return [str(s) for s in store.query(t.CREDITS.unbound().select("source").distinct())["source"].to_pylist()]
