"""Loading order lines: a union by content, so that a line in two files is one line and a line twice in one file is two.

Records that come one by one have no file: the same line sent twice is one line, whichever ticks take them up.

Orders are the sums of their lines, refunds follow from credit notes and lines: both are worked out anew for what a file touches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.collect import lines as collecting
from patron.collect import orders_of_lines as ordering
from patron.collect.ids import named
from patron.facts import tables as t
from patron.runtime.loading_counts import any_of, count, money, money_of
from patron.runtime.loading_heads import TOUCHED_CREDITS, credits_of, with_heads
from patron.runtime.loading_merge import completed, leave
from patron.runtime.loading_rows import Outcome, merge_found
from patron.runtime.loading_scratch import kept, remember

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.ports.engine import Store
    from patron.ports.source import Intake
    from patron.runtime.loading_report import MoneyOf

_REPEATED, _NEW_LINES, _CREDITS = "_load_repeated", "_load_lines_more", "_load_credits_more"


def load_lines(store: Store, records: ir.Table, intake: Intake, zone: str) -> Outcome:
    """Bring the lines of a file into `order_lines` and `credits`, and work out their orders, buyers and products.

    Args:
        store: it, within a transaction.
        records: usable records.
        intake: the file's.
        zone: of the instants in `records`.
    """
    lines = collecting.Lines(records, intake, collecting.rules(intake.settings), zone)
    may_give_back = any_of(store, records.filter(lines.may_give_back))
    names = kept(store, "_load_names", lines.names())
    codes = kept(store, "_load_codes", lines.codes(names))
    said = kept(store, "_load_numbers", lines.numbers(codes, apart=may_give_back))
    numbers = with_heads(store, said, intake)
    if intake.is_live:
        numbers = numbers.mutate(is_new=ibis.literal(value=False), is_plain=ibis.literal(value=False))
    joined = lines.joined(codes, numbers)
    is_empty = not any_of(store, t.ORDER_LINES.unbound())
    sold = joined.filter(~joined.gives_back) if may_give_back else joined
    rows = {"order_lines": _insert_lines(store, sold, intake)}
    rows["orders"] = _insert_orders(store, numbers, intake)
    if may_give_back:
        rows["credits"] = _insert_credits(store, joined.filter(joined.gives_back), intake)
    remember(store, TOUCHED_CREDITS, credits_of(numbers, intake).select("credit_id"))
    buyers = lines.buyers(said)
    people = {} if buyers is None else lines.observed(kept(store, "_load_buyers", buyers))
    rows |= merge_found(store, {**people, "listings": collecting.listings(names, codes, intake)}, intake)
    span = store.query(numbers.agg(a=numbers.ordered_at.min(), b=numbers.ordered_at.max())).to_pylist()[0]
    changed = rows["order_lines"] + rows.get("credits", 0)
    return Outcome(changed, rows, _money(store, joined, is_empty=is_empty), (span["a"], span["b"]), _notes(store, codes, numbers))


def _insert_lines(store: Store, sold: ir.Table, intake: Intake) -> int:
    """Into `order_lines` what is not there yet. Most orders are new and none of their lines is repeated: these need no closer look."""
    rows = kept(store, _NEW_LINES, sold.filter(~sold.is_plain))
    inserted = _insert_doubtful(store, rows, intake) if any_of(store, rows) else 0
    return inserted + store.insert("order_lines", completed(t.ORDER_LINES, sold.filter(sold.is_plain), intake))


def _insert_doubtful(store: Store, rows: ir.Table, intake: Intake) -> int:
    """Into `order_lines` what is not there yet, of lines that may be, or may be equal."""
    if _find_repeated(store, rows.line_id):
        repeated = ibis.table({"line_id": "int64"}, name=_REPEATED)
        rows = rows.anti_join(repeated, "line_id").union(_numbered(rows.semi_join(repeated, "line_id"), intake))
    new = completed(t.ORDER_LINES, rows, intake)
    stored = t.ORDER_LINES.unbound()
    more = [c for c in ("list_price", "cost") if c in intake.has]
    if more:  # not of the content: a file without them tells of the same lines
        met = new.select("line_id", *more).join(stored.select("line_id", **{f"_{c}": stored[c] for c in more}), "line_id")
        greater = {c: ibis.greatest(ibis.coalesce(met[c], met[f"_{c}"]), ibis.coalesce(met[f"_{c}"], met[c])) for c in more}
        store.update("order_lines", met.select("line_id", **greater), ("line_id",))
    return store.insert("order_lines", new.anti_join(stored.select("line_id"), "line_id"))


def _insert_credits(store: Store, given_back: ir.Table, intake: Intake) -> int:
    numbered = _numbered(given_back, intake)
    is_net = numbered.kind.isin(["product", "discount"])
    amount = numbered.net_revenue + numbered.tax
    rows = numbered.select(
        "buyer_id", "product_id", "kind", "unit_price", "currency",
        credit_id=numbered.line_id, document_number=numbered.order_number, scope=ibis.literal(intake.scope),
        refunded_at=numbered.ordered_at,
        quantity=numbered.quantity.abs(), net_revenue=ibis.ifelse(is_net, -numbered.net_revenue, 0), total=-amount,
    )  # fmt: skip
    new = kept(store, _CREDITS, completed(t.CREDITS, rows, intake))
    return store.insert("credits", new.anti_join(t.CREDITS.unbound().select("credit_id"), "credit_id"))


def _insert_orders(store: Store, numbers: ir.Table, intake: Intake) -> int:
    """Write the orders of the file: new ones are the sums of its lines, of others there may have been lines before. How many."""
    new = numbers.filter(numbers.is_new & numbers.is_sold)
    inserted = store.insert("orders", completed(t.ORDERS, ordering.complete(new), intake))
    others = numbers.filter(~numbers.is_new)
    if not any_of(store, others):
        return inserted
    heads = others.select("order_id", "order_number", "ordered_at", "currency", *ordering.MERGED).distinct()
    summed = ordering.sums(t.ORDER_LINES.unbound().semi_join(others, "order_id"))
    made = kept(store, "_load_orders", completed(t.ORDERS, ordering.orders(heads, summed), intake))
    leave(store, t.ORDERS, t.ORDERS.unbound().semi_join(made, "order_id"))
    store.delete("orders", made.select("order_id"), ("order_id",))
    return inserted + store.insert("orders", made)


def _money(store: Store, joined: ir.Table, *, is_empty: bool) -> tuple[MoneyOf, ...]:
    """The money of the file's own lines, by what their orders are."""
    if is_empty:
        return money(store, {"orders": "orders"}, credits_table="credits")
    orders = t.ORDERS.unbound().select("order_id", order_kind="kind")
    rows = joined.left_join(orders, "order_id")
    kind = ibis.ifelse(rows.gives_back, "refund", ibis.coalesce(rows.order_kind, ibis.literal("adjustment")))
    amount = ibis.ifelse(rows.gives_back, -1, 1) * (rows.net_revenue + rows.tax)
    grouped = rows.select("currency", kind=kind, total=amount)
    return money_of(store, grouped.group_by("currency", "kind").agg(total=grouped.total.sum().cast("int64")))


def _notes(store: Store, codes: ir.Table, numbers: ir.Table) -> tuple[str, ...]:
    others = (
        codes.filter(codes.kind != "product").group_by("kind").agg(of=codes.product_code.group_concat(", ", order_by=codes.product_code))
    )
    notes = [f"Counted as {r['kind']}, not as products: {r['of']}." for r in store.query(others.order_by("kind")).to_pylist()]
    guests = count(store, numbers.filter(numbers.buyer_id.isnull(), ~numbers.is_credit))
    if guests:
        notes.append(f"{guests:,} orders have no customer: they count in the shop's revenue, and in no segment.")
    return tuple(notes)


def _find_repeated(store: Store, line_id: ir.IntegerColumn) -> bool:
    """Keep the ids that occur more than once in `_REPEATED`; whether there are any."""
    grouped = line_id.as_table().group_by("line_id").agg(_n=ibis._.count())
    store.create(_REPEATED, grouped.filter(grouped._n > 1).select("line_id"), temporary=True)
    return any_of(store, ibis.table({"line_id": "int64"}, name=_REPEATED))


def _numbered(rows: ir.Table, intake: Intake) -> ir.Table:
    """Equal lines told apart by a number; the first keeps the id of the content. Of live records there is but the first."""
    order = [rows.unit_price, rows.list_price, rows.coupon_discount, rows.cost]
    number = ibis.row_number().over(ibis.window(group_by=rows.line_id, order_by=order)).cast("int64")
    counted = rows.mutate(_n=number)
    if intake.is_live:
        return counted.filter(counted._n == 0).drop("_n")
    told_apart = named("repeated", counted.line_id.cast("string"), counted._n.cast("string"))
    return counted.mutate(line_id=ibis.ifelse(counted._n == 0, counted.line_id, told_apart)).drop("_n")
