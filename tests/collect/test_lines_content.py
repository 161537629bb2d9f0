"""Which orders are certain to have no two equal lines."""

from __future__ import annotations

import ibis
import pyarrow as pa
import pytest

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.collect.lines_content import are_apart

BIG = (1 << 63) - 1


@pytest.mark.parametrize(
    ("lines", "apart"),
    [
        ([(BIG, 10**17)], True),
        ([(5, 100), (5, 100)], False),
        ([(5, 100), (5, -100)], False),
        ([(None, 100), (None, 100)], False),
        ([(5, 0), (5, 61)], True),  # the same bit of 61, another of 59
        ([(5, 0), (5, 59)], True),
        ([(5, 0), (5, 61 * 59)], False),  # not known, though they are
        ([(n, 0) for n in range(60)], True),
        ([(n, 0) for n in range(62)], False),
    ],
)
def test_equal_lines_never_pass_for_different_ones(lines: list[tuple[int | None, int]], apart: bool) -> None:  # noqa: FBT001
    store = DuckDBEngine()
    products, nets = (pa.array(column, pa.int64()) for column in zip(*lines, strict=True))
    store.fill("lines", pa.table({"product": products, "net": nets}).to_reader())
    rows = ibis.table({"product": "int64", "net": "int64"}, name="lines")
    found = store.query(rows.agg(apart=are_apart(rows["product"], rows["net"])))
    assert found["apart"].to_pylist() == [apart]
