"""Rows in groups, and what is told of each group by one value."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import ibis.expr.operations as ops
import numpy as np
import pyarrow as pa

from patron.adapters.engines.arrays.columns import (
    cast_to,
    codes,
    from_numbers,
    is_whole,
    known,
    numbers,
    places,
    ranks,
    taken,
    type_of,
)
from patron.kernel.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Indices = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Told = Callable[..., pa.Array]


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
    def order(self) -> Indices | None:
        """Rows, group by group; None where they are so already."""
        return None if bool((self.of[1:] >= self.of[:-1]).all()) else np.argsort(self.of, kind="stable")

    @cached_property
    def starts(self) -> Indices:
        """Where each group that has rows begins in `order`."""
        sizes = self.sizes[self.filled]
        return np.cumsum(sizes) - sizes

    @cached_property
    def filled(self) -> Indices:
        """The groups that have rows."""
        return np.flatnonzero(self.sizes)

    @cached_property
    def sizes(self) -> Indices:
        """How many rows each group has."""
        return np.bincount(self.of, minlength=self.count).astype(np.int64, copy=False)

    @cached_property
    def first(self) -> pa.Array:
        """The first row of each group."""
        found = np.zeros(self.count, np.int64)
        found[self.of[::-1]] = np.arange(len(self.of))[::-1]
        return places(found)

    def reduced(self, function: np.ufunc, values: NDArray[Any], empty: Any) -> NDArray[Any]:  # noqa: ANN401
        """A function of the values of each group; `empty` for groups without rows."""
        found = np.full(self.count, empty, values.dtype)
        if len(self.filled):
            found[self.filled] = function.reduceat(values if self.order is None else values[self.order], self.starts)
        return found

    def counts(self, flags: Flags | None) -> Indices:
        """How many rows of each group have a flag; None stands for all rows."""
        return self.sizes if flags is None else np.bincount(self.of[flags], minlength=self.count).astype(np.int64, copy=False)


def grouped(size: int, *keys: pa.Array) -> Groups:
    """Rows in groups by the values of columns; without columns all rows are one group."""
    return Groups(*codes(keys, size)) if keys else Groups(np.zeros(size, np.int64), 1)


def there(*columns: pa.Array) -> Flags | None:
    """Which rows have a value in all columns; None if all have."""
    return _all([known(column) for column in columns if column.null_count])


def there_where(condition: pa.Array, *columns: pa.Array) -> Flags | None:
    """Which rows meet a condition and have a value in all columns; None if all do."""
    met = np.asarray(condition.fill_null(False) if condition.null_count else condition)
    return _all([met, *(known(column) for column in columns if column.null_count)])


def told_by(node: ops.Reduction) -> Told:
    """The function of groups, the rows that count, and columns, that gives what a reduction tells of each group.

    Raises:
        UnsupportedError: there is no such reduction here.
    """
    build = _REDUCTIONS.get(type(node).__name__)
    if build is None:
        raise UnsupportedError(type(node).__name__)
    return build(node)


def _all(flags: list[Flags]) -> Flags | None:
    found = np.logical_and.reduce(flags) if flags else None
    return None if found is None or found.all() else found


def _counted(groups: Groups, rows: Flags | None, *_: pa.Array) -> pa.Array:
    return pa.array(groups.counts(rows))


def _count_distinct(groups: Groups, rows: Flags | None, column: pa.Array) -> pa.Array:
    own, many = codes([column], len(column))
    pairs = groups.of * many + own
    found = np.unique(pairs if rows is None else pairs[rows]) // max(many, 1)
    return pa.array(np.bincount(found, minlength=groups.count).astype(np.int64, copy=False))


def _sum(node: ops.Sum) -> Told:
    wanted = type_of(node.dtype)

    def told(groups: Groups, rows: Flags | None, column: pa.Array) -> pa.Array:
        values = numbers(column)
        if not pa.types.is_decimal(column.type):
            values = values.astype(np.float64 if pa.types.is_floating(wanted) else np.int64, copy=False)
        return from_numbers(groups.reduced(np.add, _or_else(values, rows, 0), 0), groups.counts(rows) > 0, wanted)

    return told


def _mean(groups: Groups, rows: Flags | None, column: pa.Array) -> pa.Array:
    counts = groups.counts(rows)
    total = groups.reduced(np.add, _or_else(numbers(cast_to(column, pa.float64())), rows, 0.0), 0.0)
    return from_numbers(total / np.maximum(counts, 1), counts > 0, pa.float64())


def _or_else(values: NDArray[Any], rows: Flags | None, other: Any) -> NDArray[Any]:  # noqa: ANN401
    """The values of rows, and another one where a row does not count."""
    if rows is None:
        return values
    return np.where(rows, values, other if values.dtype == object else values.dtype.type(other))


def _extreme(function: np.ufunc, groups: Groups, rows: Flags | None, column: pa.Array) -> pa.Array:
    if pa.types.is_string(column.type) or pa.types.is_decimal(column.type):
        return _picked(function, groups, rows, column, column)
    values = numbers(column)
    values = values.astype(np.float64 if values.dtype.kind == "f" else np.int64, copy=False)
    found = groups.reduced(function, _or_else(values, rows, _neutral(function, values)), 0)
    return from_numbers(found, groups.counts(rows) > 0, column.type)


def _neutral(function: np.ufunc, values: NDArray[Any]) -> float:
    low, high = (-np.inf, np.inf) if values.dtype.kind == "f" else (_INT.min, _INT.max)
    return low if function is np.maximum else high


def _picked(function: np.ufunc, groups: Groups, rows: Flags | None, column: pa.Array, key: pa.Array) -> pa.Array:
    """The value of the row of each group in which another one is the largest, or the smallest; of several the first."""
    by = numbers(key).astype(np.int64, copy=False) if is_whole(key) else ranks(key)
    best = groups.reduced(function, _or_else(by, rows, _neutral(function, by)), 0)
    hits = by == best[groups.of]
    chosen = np.zeros(groups.count, np.int64)
    found = np.flatnonzero(hits if rows is None else hits & rows)[::-1]
    chosen[groups.of[found]] = found
    return taken(column, places(chosen, groups.counts(rows) > 0))


def _min(groups: Groups, rows: Flags | None, column: pa.Array) -> pa.Array:
    return _extreme(np.minimum, groups, rows, column)


def _max(groups: Groups, rows: Flags | None, column: pa.Array) -> pa.Array:
    return _extreme(np.maximum, groups, rows, column)


def _arg_max(groups: Groups, rows: Flags | None, column: pa.Array, key: pa.Array) -> pa.Array:
    return _picked(np.maximum, groups, rows, column, key)


def _arg_min(groups: Groups, rows: Flags | None, column: pa.Array, key: pa.Array) -> pa.Array:
    return _picked(np.minimum, groups, rows, column, key)


def _quantile(node: ops.Quantile | ops.Median) -> Told:
    """Between the two values next to the place, in proportion."""
    share, wanted = 0.5, type_of(node.dtype)
    if isinstance(node, ops.Quantile):
        if not isinstance(node.quantile, ops.Literal):
            raise UnsupportedError("a quantile of a column")
        share = float(node.quantile.value)

    def told(groups: Groups, rows: Flags | None, column: pa.Array, *_: pa.Array) -> pa.Array:
        values, of = numbers(cast_to(column, pa.float64())), groups.of
        if rows is not None:
            values, of = values[rows], of[rows]
        ordered = values[np.lexsort((values, of))]
        counts = groups.counts(rows)
        filled = counts > 0
        begins = np.cumsum(counts) - counts
        place = (counts[filled] - 1) * share
        low = np.floor(place).astype(np.int64)
        below, above = (ordered[begins[filled] + p] for p in (low, np.minimum(low + 1, counts[filled] - 1)))
        found = np.zeros(groups.count)
        found[filled] = below + (above - below) * (place - low)
        return from_numbers(found, filled, wanted)

    return told


def _same(told: Told) -> Callable[[ops.Reduction], Told]:
    return lambda _: told


_REDUCTIONS: dict[str, Callable[[Any], Told]] = {
    "CountStar": _same(_counted),
    "Count": _same(_counted),
    "CountDistinct": _same(_count_distinct),
    "Sum": _sum,
    "Mean": _same(_mean),
    "Min": _same(_min),
    "Max": _same(_max),
    "Any": _same(_max),
    "All": _same(_min),
    "ArgMax": _same(_arg_max),
    "ArgMin": _same(_arg_min),
    "Median": _quantile,
    "Quantile": _quantile,
}
