"""Refunds from credit notes: matched anew for every buyer and product that a load touched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.collect import credits as matching
from patron.facts import tables as t
from patron.runtime.loading_counts import count

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.ports.engine import Store

TOUCHED_ORDERS, NEW_CREDITS = "_load_touched_orders", "_load_new_credits"
_GROUPS, _MATCHES, _REFUNDS, _AFFECTED, _OFF = "_load_groups", "_load_matches", "_load_refunds", "_load_affected", "_load_off"
_KEY = ("buyer_id", "subject")
_ORDER, _CREDIT, _GROUP = ibis.schema({"order_id": "int64"}), ibis.schema({"credit_id": "int64"}), ibis.schema(dict.fromkeys(_KEY, "int64"))


def settle_refunds(store: Store) -> int:
    """Work out the refunds that new credits and new lines of orders (`TOUCHED_ORDERS`, `NEW_CREDITS`) lead to; how many were written."""
    if TOUCHED_ORDERS not in store.tables() or not count(store, t.CREDITS.unbound().limit(1)):
        return 0
    touched, new = ibis.table(_ORDER, name=TOUCHED_ORDERS), ibis.table(_CREDIT, name=NEW_CREDITS)
    credits_ = t.CREDITS.unbound()
    keyed = credits_.mutate(subject=matching.subject(credits_))
    store.create(_GROUPS, _groups(keyed, touched, new), temporary=True)
    groups = ibis.table(_GROUP, name=_GROUPS)
    in_groups = keyed.semi_join(groups, list(_KEY)).drop("subject")
    alone = keyed.filter(keyed.buyer_id.isnull() | keyed.subject.isnull()).drop("subject").semi_join(new, "credit_id")
    store.create(_MATCHES, _matches(store, in_groups, groups), temporary=True)
    matches = ibis.table(dict.fromkeys(("credit_id", "sale_id", "order_id", "begins", "ends"), "int64"), name=_MATCHES)
    made = matching.refunds(in_groups.union(alone), matches)
    columns = {c.name: made[c.name].cast(c.type) for c in t.REFUNDS.columns if c.name in made.columns}
    store.create(_REFUNDS, made.select(**columns, is_full=ibis.literal(value=False)), temporary=True)
    rows = ibis.table({n: ty for n, ty in t.REFUNDS.schema().items() if n != "customer_id"}, name=_REFUNDS)
    return _replace(store, rows, groups, touched)


def _groups(keyed: ir.Table, touched: ir.Table, new: ir.Table) -> ir.Table:
    """Buyers and products with credits, of which a credit or a sale is new."""
    sold = matching.sales(t.ORDER_LINES.unbound().semi_join(touched, "order_id"), t.ORDERS.unbound().semi_join(touched, "order_id"))
    credited = keyed.semi_join(new, "credit_id").select(*_KEY)
    every = sold.select(*_KEY).union(credited).filter(lambda g: g.buyer_id.notnull() & g.subject.notnull()).distinct()
    return every.semi_join(keyed, list(_KEY))


def _matches(store: Store, credits_: ir.Table, groups: ir.Table) -> ir.Table:
    buyers = t.ORDERS.unbound().semi_join(groups.select("buyer_id").distinct(), "buyer_id")
    bought = t.ORDER_LINES.unbound().semi_join(buyers, "order_id")
    sold, back = matching.sales(bought, buyers).semi_join(groups, list(_KEY)), matching.returns(credits_)
    store.create("_load_sold", sold, temporary=True)
    store.create("_load_back", back, temporary=True)
    sold, back = ibis.table(sold.schema(), name="_load_sold"), ibis.table(back.schema(), name="_load_back")
    equal = matching.matches_of_equal_size(sold, back)
    store.create("_load_equal", equal, temporary=True)
    equal = ibis.table(equal.schema(), name="_load_equal")
    rest = matching.matches_of_units(sold.anti_join(equal, "sale_id"), back.anti_join(equal, "credit_id"))
    return equal.union(rest.select(*equal.columns))


def _replace(store: Store, rows: ir.Table, groups: ir.Table, touched: ir.Table) -> int:
    """Write the refunds of the groups, and which orders they call off."""
    refunds = t.REFUNDS.unbound()
    keyed = refunds.mutate(subject=matching.subject(refunds))
    mine = keyed.semi_join(groups, list(_KEY)).filter(lambda r: r.source.isin(_sources(store)))
    before = mine.select("order_id").union(rows.select("order_id")).union(refunds.semi_join(touched, "order_id").select("order_id"))
    store.create(_AFFECTED, before.filter(before.order_id.notnull()).distinct(), temporary=True)
    store.create("_load_gone", mine.select("refund_id"), temporary=True)
    store.delete("refunds", ibis.table({"refund_id": "int64"}, name="_load_gone"), ("refund_id",))
    written = store.insert("refunds", rows)
    affected = ibis.table(_ORDER, name=_AFFECTED)
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
