"""Where scores begin: by quantile with ties together, or at natural breaks."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.features.cut_points import quantile_cut_points
from patron.features.natural_breaks import natural_cut_points

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import ibis.expr.types as ir

VALUES = ibis.table({"score": "string", "scope": "string", "value": "float64"}, name="given")
ENGINE = DuckDBEngine(threads=1)


@cache
def said(search: Callable[[ir.Table], ir.Table]) -> str:
    return ENGINE.sql(search(VALUES).order_by("level"))


def found(search: Callable[[ir.Table], ir.Table], values: Sequence[float], scope: str = "shop") -> list[float]:
    columns = {"score": ["f"] * len(values), "scope": [scope] * len(values), "value": [float(v) for v in values]}
    ENGINE.connection.register("given", pa.table(columns))
    rows = ENGINE.connection.sql(said(search)).to_arrow_table().to_pylist()
    assert [r["level"] for r in rows] == list(range(2, 2 + len(rows)))
    return [r["value"] for r in rows]


def test_fifths_of_different_values_are_plain_quantiles() -> None:
    assert found(quantile_cut_points, range(1, 101)) == [21, 41, 61, 81]


def test_single_orders_score_one_and_the_rest_are_shared_out() -> None:
    orders = [1] * 60 + [2] * 16 + [3] * 8 + [4] * 8 + [9] * 8
    # below 2 lie 60; a quarter of the 40 above is reached at 3, a third of the 24 above at 4, a half of the 16 above at 9
    assert found(quantile_cut_points, orders) == [2, 3, 4, 9]


def test_few_different_values_make_few_scores() -> None:
    assert found(quantile_cut_points, [1, 1, 1, 1]) == []
    assert found(quantile_cut_points, [1, 1, 1, 2]) == [2]
    assert found(quantile_cut_points, [7]) == []


def test_scopes_do_not_touch_each_other() -> None:
    columns = {"score": ["f"] * 20, "scope": ["a"] * 10 + ["b"] * 10, "value": [float(n) for n in (*range(10), *range(100, 110))]}
    ENGINE.connection.register("given", pa.table(columns))
    rows = ENGINE.query(quantile_cut_points(VALUES)).to_pylist()
    assert {s: sorted(r["value"] for r in rows if r["scope"] == s) for s in "ab"} == {"a": [2, 4, 6, 8], "b": [102, 104, 106, 108]}


def _by_hand(values: Sequence[int]) -> list[int]:
    """The rule of the docstring, said in another way."""
    cuts: list[int] = []
    rest = sorted(values)
    for parts in (5, 4, 3, 2):
        reached = [v for v in sorted(set(rest)) if 0 < sum(x < v for x in rest) >= Fraction(len(rest), parts)]
        if not reached:
            break
        cuts.append(reached[0])
        rest = [x for x in rest if x >= reached[0]]
    return cuts


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=60))
def test_cut_points_are_those_of_the_rule(values: list[int]) -> None:
    assert found(quantile_cut_points, values) == _by_hand(values)


def test_natural_breaks_find_the_heaps() -> None:
    heaps = [1, 1, 1, 2, 40, 41, 900, 950, 20_000, 21_000, 500_000]
    assert found(natural_cut_points, heaps) == [40, 900, 20_000, 500_000]


def test_natural_breaks_of_days_are_counted_from_the_longest() -> None:
    assert found(natural_cut_points, [-3.0, -4.0, -64.0, -65.0, -1000.0]) == [-65.0, -4.0, -3.0]


@pytest.mark.parametrize("values", [[5], [5, 5, 5]])
def test_natural_breaks_of_one_value_are_none(values: list[float]) -> None:
    assert found(natural_cut_points, values) == []


@settings(deadline=None, max_examples=8)
@given(st.lists(st.integers(1, 2000), min_size=6, max_size=12))
def test_no_other_breaks_leave_less_difference(values: list[int]) -> None:
    steps = {v: sum(v >= 0.01 * 1.25**n for n in range(145)) for v in values}
    cuts = found(natural_cut_points, values)
    levels = sorted(set(steps.values()))
    every = combinations(levels[1:], min(4, len(levels) - 1))
    least = min(_cost([steps[v] for v in values], breaks) for breaks in every)
    assert _cost([steps[v] for v in values], [steps[int(c)] for c in cuts]) == least


def _cost(at: Sequence[int], breaks: Sequence[int]) -> Fraction:
    cost = Fraction(0)
    for low, high in zip([-1, *breaks], [*breaks, 10**9], strict=True):
        inside = [x for x in at if low <= x < high]
        mean = Fraction(sum(inside), len(inside)) if inside else Fraction(0)
        cost += sum(((x - mean) ** 2 for x in inside), start=Fraction(0))
    return cost
