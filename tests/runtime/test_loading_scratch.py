"""Scratch tables hold what differs between rows."""

from __future__ import annotations

import ibis
import pyarrow as pa

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.runtime.loading_scratch import kept


def test_what_is_the_same_in_all_rows_is_not_written() -> None:
    store = DuckDBEngine()
    store.fill("given", pa.table({"a": [1, 2, 3]}).to_reader())
    given = ibis.table({"a": "int64"}, name="given")
    rows = given.select(word=ibis.literal("x"), a=given.a, none=ibis.null("int64"), twice=given.a * 2)
    rows = rows.filter(rows.a > 1).mutate(more=ibis.literal(value=True))
    found = kept(store, "scratch", rows)
    assert store.columns("scratch") == ("a", "twice")
    assert found.schema() == rows.schema()
    assert store.query(found.order_by("a")).to_pylist() == store.query(rows.order_by("a")).to_pylist()


def test_what_a_join_may_leave_out_is_written() -> None:
    store = DuckDBEngine()
    store.fill("given", pa.table({"a": [1, 2, 3]}).to_reader())
    given = ibis.table({"a": "int64"}, name="given")
    some = given.filter(given.a > 2).select(b="a", is_there=ibis.literal(value=True))
    rows = given.left_join(some, given.a == some.b).select("a", "is_there")
    found = kept(store, "scratch", rows)
    assert store.columns("scratch") == ("a", "is_there")
    assert store.query(found.order_by("a"))["is_there"].to_pylist() == [None, None, True]
