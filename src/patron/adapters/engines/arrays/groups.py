"""Rows in groups, and what is told of each group by one value."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import ibis.expr.operations as ops
import numpy as np
import pyarrow as pa

from patron.adapters.engines.arrays.columns import as_array, cast_to, codes, from_numbers, known, numbers, ranks, taken, type_of
from patron.kernel.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from patron.adapters.engines.arrays.columns import Column

    Indices = NDArray[np.int64]
    Flags = NDArray[np.bool_]


_INT = np.iinfo(np.int64)


@dataclass(frozen=True)  # without slots: what is worked out once is kept
class Groups:
    """Which group each row is in.

    Attributes:
        of: the number of each row's group, from 0.
        count: how many groups there are.
    """

    of: Indices
    count: int

    @cached_property
    def order(self) -> Indices:
        """Rows, group by group."""
        return np.argsort(self.of, kind="stable")

    @cached_property
    def starts(self) -> Indices:
        """Where each group begins in `order`; groups without rows have none, see `filled`."""
        return np.searchsorted(self.of[self.order], self.filled)

    @cached_property
    def filled(self) -> Indices:
        """The groups that have rows."""
        return np.unique(self.of)

    def reduced(self, function: np.ufunc, values: NDArray[Any], empty: Any) -> NDArray[Any]:  # noqa: ANN401
        """A function of the values of each group; `empty` for groups without rows."""
        found = np.full(self.count, empty, values.dtype)
        if len(self.filled):
            found[self.filled] = function.reduceat(values[self.order], self.starts)
        return found

    def counts(self, flags: Flags) -> Indices:
        """How many rows of each group have a flag."""
        return np.bincount(self.of[flags], minlength=self.count).astype(np.int64)


def grouped(keys: Sequence[pa.Array], size: int) -> tuple[Groups, Indices]:
    """Rows in groups by the values of columns, and the first row of each group; without columns all rows are one group."""
    if not keys:
        return Groups(np.zeros(size, np.int64), 1), np.zeros(0, np.int64)
    _, first, of = np.unique(codes(keys, size), return_index=True, return_inverse=True)
    return Groups(of.reshape(-1), len(first)), first


def reduced(node: ops.Reduction, groups: Groups, value: Callable[[ops.Node], Column]) -> pa.Array:
    """What a reduction tells of each group.

    Args:
        node: the reduction.
        groups: of the rows.
        value: gives the values of the rows.

    Raises:
        UnsupportedError: there is no such reduction here.
    """
    size = len(groups.of)
    told = _REDUCTIONS.get(type(node).__name__)
    if told is None:
        raise UnsupportedError(type(node).__name__)
    flags = np.ones(size, np.bool_)
    if node.where is not None:
        met = as_array(value(node.where), size)
        flags = (numbers(met) != 0) & known(met)
    columns = [as_array(value(a), size) for a in node.__args__ if isinstance(a, ops.Value) and a is not node.where]
    return told(node, groups, flags, *columns)


def _count_rows(_: ops.CountStar, groups: Groups, flags: Flags) -> pa.Array:
    return pa.array(groups.counts(flags), pa.int64())


def _count(_: ops.Count, groups: Groups, flags: Flags, column: pa.Array) -> pa.Array:
    return pa.array(groups.counts(flags & known(column)), pa.int64())


def _count_distinct(_: ops.CountDistinct, groups: Groups, flags: Flags, column: pa.Array) -> pa.Array:
    rows = np.flatnonzero(flags & known(column))
    pairs = np.unique(np.stack([groups.of[rows], ranks(column)[rows]]), axis=1)
    return pa.array(np.bincount(pairs[0], minlength=groups.count).astype(np.int64), pa.int64())


def _sum(node: ops.Sum, groups: Groups, flags: Flags, column: pa.Array) -> pa.Array:
    wanted = type_of(node.dtype)
    there = flags & known(column)
    values = numbers(column)
    if not pa.types.is_decimal(column.type):
        values = values.astype(np.float64 if pa.types.is_floating(wanted) else np.int64, copy=False)
    total = groups.reduced(np.add, np.where(there, values, values.dtype.type(0) if values.dtype != object else 0), 0)
    return from_numbers(total, groups.counts(there) > 0, wanted)


def _mean(_: ops.Mean, groups: Groups, flags: Flags, column: pa.Array) -> pa.Array:
    there = flags & known(column)
    values = numbers(cast_to(column, pa.float64()))
    counts = groups.counts(there)
    total = groups.reduced(np.add, np.where(there, values, 0.0), 0.0)
    return from_numbers(total / np.maximum(counts, 1), counts > 0, pa.float64())


def _extreme(function: np.ufunc, column: pa.Array, groups: Groups, there: Flags) -> pa.Array:
    if pa.types.is_string(column.type) or pa.types.is_decimal(column.type):
        return _picked(column, ranks(column), groups, there, is_last=function is np.maximum)
    values = numbers(column)
    values = values.astype(np.float64 if values.dtype.kind == "f" else np.int64, copy=False)
    ends = (-np.inf, np.inf) if values.dtype.kind == "f" else (_INT.min, _INT.max)
    neutral = ends[0] if function is np.maximum else ends[1]
    found = groups.reduced(function, np.where(there, values, values.dtype.type(neutral)), 0)
    return from_numbers(found, groups.counts(there) > 0, column.type)


def _picked(column: pa.Array, by: Indices, groups: Groups, there: Flags, *, is_last: bool) -> pa.Array:
    """The value of the row of each group in which another one is the largest, or the smallest; of several the first."""
    rows = np.flatnonzero(there)
    chosen = np.zeros(groups.count, np.int64)
    order = np.lexsort((rows, -by[rows] if is_last else by[rows], groups.of[rows]))
    which, first = np.unique(groups.of[rows][order], return_index=True)
    chosen[which] = rows[order][first]
    is_there = np.zeros(groups.count, np.bool_)
    is_there[which] = True
    return taken(column, chosen, is_there)


def _min(_: ops.Min, groups: Groups, flags: Flags, column: pa.Array) -> pa.Array:
    return _extreme(np.minimum, column, groups, flags & known(column))


def _max(_: ops.Max, groups: Groups, flags: Flags, column: pa.Array) -> pa.Array:
    return _extreme(np.maximum, column, groups, flags & known(column))


def _any(_: ops.Any, groups: Groups, flags: Flags, column: pa.Array) -> pa.Array:
    return _max(_, groups, flags, column)


def _all(_: ops.All, groups: Groups, flags: Flags, column: pa.Array) -> pa.Array:
    return _min(_, groups, flags, column)


def _arg_max(_: ops.ArgMax, groups: Groups, flags: Flags, column: pa.Array, key: pa.Array) -> pa.Array:
    return _picked(column, ranks(key), groups, flags & known(column) & known(key), is_last=True)


def _arg_min(_: ops.ArgMin, groups: Groups, flags: Flags, column: pa.Array, key: pa.Array) -> pa.Array:
    return _picked(column, ranks(key), groups, flags & known(column) & known(key), is_last=False)


def _quantile(node: ops.Quantile | ops.Median, groups: Groups, flags: Flags, column: pa.Array, *_: pa.Array) -> pa.Array:
    """Between the two values next to the place, in proportion."""
    share = 0.5
    if isinstance(node, ops.Quantile):
        if not isinstance(node.quantile, ops.Literal):
            raise UnsupportedError("a quantile of a column")
        share = float(node.quantile.value)
    there = flags & known(column)
    rows = np.flatnonzero(there)
    values = numbers(cast_to(column, pa.float64()))[rows]
    of = groups.of[rows]
    ordered = values[np.lexsort((values, of))]
    counts = groups.counts(there)
    filled = counts > 0
    begins = np.cumsum(counts) - counts
    place = (counts[filled] - 1) * share
    low = np.floor(place).astype(np.int64)
    below, above = (ordered[begins[filled] + p] for p in (low, np.minimum(low + 1, counts[filled] - 1)))
    found = np.zeros(groups.count)
    found[filled] = below + (above - below) * (place - low)
    return from_numbers(found, filled, type_of(node.dtype))


_REDUCTIONS: dict[str, Callable[..., pa.Array]] = {
    "CountStar": _count_rows,
    "Count": _count,
    "CountDistinct": _count_distinct,
    "Sum": _sum,
    "Mean": _mean,
    "Min": _min,
    "Max": _max,
    "Any": _any,
    "All": _all,
    "ArgMax": _arg_max,
    "ArgMin": _arg_min,
    "Median": _quantile,
    "Quantile": _quantile,
}
