"""Common parts of values are worked out once, and the values stay what they were."""

from __future__ import annotations

import ibis
from hypothesis import given, settings
from hypothesis import strategies as st

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.kernel.sharing import shared

NUMBERS = ibis.table({"a": "int64", "b": "int64"}, name="numbers")
LEAVES = st.sampled_from(["a", "b", "1", "2"])
TREES = st.recursive(LEAVES, lambda part: st.tuples(st.sampled_from("+-<?"), part, part), max_leaves=12)


def value(tree: object) -> ibis.Value:
    match tree:
        case ("?", left, right):
            return ibis.ifelse(value(left) > value(right), value(right), value(left) + 1)
        case ("<", left, right):
            return ibis.least(value(left), value(right))
        case ("+", left, right):
            return value(left) + value(right)
        case ("-", left, right):
            return value(left) - value(right)
        case "a" | "b":
            return NUMBERS[tree]
        case _:
            return ibis.literal(int(str(tree)), type="int64")


@settings(deadline=None)
@given(st.lists(TREES, min_size=1, max_size=5))
def test_values_are_the_same_with_their_parts_named(trees: list[object]) -> None:
    engine = DuckDBEngine(threads=1)
    engine.execute("CREATE TABLE numbers AS SELECT * FROM (VALUES (1::BIGINT, 5::BIGINT), (7, 2), (3, 3), (NULL, 4)) AS v(a, b)")
    values = [value(tree) for tree in trees]
    table, named = shared(NUMBERS, values)
    columns = [f"v{i}" for i in range(len(values))]
    plain = NUMBERS.select(**dict(zip(columns, values, strict=True)))
    assert engine.query(table.select(**dict(zip(columns, named, strict=True)))).to_pylist() == engine.query(plain).to_pylist()


def test_what_is_read_often_is_written_once() -> None:
    part = (NUMBERS.a - NUMBERS.b).abs()
    table, values = shared(NUMBERS, [part > 1, part > 2, ibis.least(part, 3)])
    text = DuckDBEngine(threads=1).sql(table.select(*[v.name(f"v{i}") for i, v in enumerate(values)]))
    assert text.count("ABS(") == 1
    assert set(NUMBERS.columns) < set(table.columns)


def test_columns_and_constants_are_not_named_again() -> None:
    table, values = shared(NUMBERS, [NUMBERS.a + 1, NUMBERS.a + 2, NUMBERS.b])
    assert table.columns == NUMBERS.columns
    assert len(values) == 3
