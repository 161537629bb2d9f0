"""Values that are told of a row by the rows around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis.expr.operations as ops
import numpy as np
import pyarrow as pa

from patron.adapters.engines.arrays.columns import as_array, codes, from_numbers, known, numbers, ranks, taken, type_of
from patron.kernel.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from patron.adapters.engines.arrays.columns import Column

    Indices = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_SHIFTS = {"Lag": -1, "Lead": 1}


@dataclass(frozen=True, slots=True)
class _Laid:
    """Rows part by part, in order within each.

    Attributes:
        order: the rows.
        begins: where the part of each place begins.
        ends: where it ends.
        ties: a number for each place, the same for rows of a part that no key tells apart.
    """

    order: Indices
    begins: Indices
    ends: Indices
    ties: Indices


def around(node: ops.WindowFunction, size: int, value: Callable[[ops.Node], Column]) -> pa.Array:
    """What a window function tells of each row.

    Raises:
        UnsupportedError: there is no such function or frame here.
    """
    laid = _lay(node, size, value)
    name = type(node.func).__name__
    places = np.arange(size)
    if name == "RowNumber":
        return _back(pa.array(places - laid.begins, pa.int64()), laid)
    if name in {"DenseRank", "MinRank"}:
        return _back(pa.array(_rank(laid, places, is_dense=name == "DenseRank"), pa.int64()), laid)
    if name in _SHIFTS:
        return _shifted(node.func, _SHIFTS[name], laid, as_array(value(node.func.arg), size))
    return _framed(node, laid, size, value)


def _lay(node: ops.WindowFunction, size: int, value: Callable[[ops.Node], Column]) -> _Laid:
    parts = codes([as_array(value(g), size) for g in node.group_by], size)
    keys = [_sortable(as_array(value(k.arg), size), is_up=k.ascending, nulls_first=k.nulls_first) for k in node.order_by]
    order = np.lexsort((*reversed(keys), parts)) if keys else np.argsort(parts, kind="stable")
    is_new = _changes([parts[order]])
    starts = np.flatnonzero(is_new)
    part = np.cumsum(is_new).astype(np.int64) - 1
    ends = np.append(starts[1:], size)
    ties = np.cumsum(_changes([parts[order], *(k[order] for k in keys)])).astype(np.int64) if keys else part
    return _Laid(order, starts[part] if size else starts, ends[part] if size else starts, ties)


def sorted_rows(columns: Sequence[tuple[pa.Array, bool, bool]]) -> Indices:
    """Rows in the order of columns: each with whether it goes up, and whether nulls come first."""
    return np.lexsort([_sortable(c, is_up=up, nulls_first=first) for c, up, first in reversed(columns)])


def _sortable(column: pa.Array, *, is_up: bool, nulls_first: bool) -> Indices:
    found = ranks(column)
    found = found if is_up else -found
    edge = len(column) + 1
    return np.where(known(column), found, -edge if nulls_first else edge)


def _changes(columns: Sequence[NDArray[np.generic]]) -> Flags:
    found = np.zeros(len(columns[0]), np.bool_)
    found[:1] = True
    for column in columns:
        found[1:] |= column[1:] != column[:-1]
    return found


def _back(column: pa.Array, laid: _Laid) -> pa.Array:
    """From places to rows."""
    places = np.empty(len(laid.order), np.int64)
    places[laid.order] = np.arange(len(laid.order))
    return taken(column, places)


def _rank(laid: _Laid, places: Indices, *, is_dense: bool) -> Indices:
    first = places[np.searchsorted(laid.ties, laid.ties)] if len(places) else places
    return laid.ties - laid.ties[laid.begins] if is_dense else first - laid.begins


def _shifted(func: ops.Lag | ops.Lead, step: int, laid: _Laid, column: pa.Array) -> pa.Array:
    if func.offset is not None and not isinstance(func.offset, ops.Literal):
        raise UnsupportedError("a shift by a column")
    if func.default is not None:
        raise UnsupportedError("a shift with a value for rows without")
    by = step * (int(func.offset.value) if func.offset is not None else 1)
    places = np.arange(len(column)) + by
    inside = (places >= laid.begins) & (places < laid.ends)
    return _back(taken(column, laid.order[np.where(inside, places, 0)] if len(column) else places, inside), laid)


def _framed(node: ops.WindowFunction, laid: _Laid, size: int, value: Callable[[ops.Node], Column]) -> pa.Array:
    """Reductions over frames that begin with the part, or end with it."""
    func = node.func
    if getattr(func, "where", None) is not None or not isinstance(func, ops.Sum | ops.Min | ops.Max | ops.Count | ops.CountStar):
        raise UnsupportedError(f"{type(func).__name__} over a frame")
    column = pa.array(np.ones(size, np.int64)) if isinstance(func, ops.CountStar) else as_array(value(func.arg), size)
    column = taken(column, laid.order)
    low, high = _frame(node, laid, size)  # places, the end not among them
    there = known(column)
    before = np.concatenate([[0], np.cumsum(there)])
    counts = before[high] - before[low]
    if isinstance(func, ops.Count | ops.CountStar):
        return _back(pa.array(counts, pa.int64()), laid)
    if isinstance(func, ops.Sum):
        kind = np.float64 if pa.types.is_floating(type_of(func.dtype)) else np.int64
        sums = np.concatenate([[0], np.cumsum(np.where(there, numbers(column), 0).astype(kind))])
        return _back(from_numbers(sums[high] - sums[low], counts > 0, type_of(func.dtype)), laid)
    is_text = pa.types.is_string(column.type) or pa.types.is_decimal(column.type)
    found = _extremes(ranks(column) if is_text else numbers(column).astype(np.float64 if pa.types.is_floating(column.type) else np.int64),
                      there, low, high, laid, is_max=isinstance(func, ops.Max))  # fmt: skip
    return _back(taken(column, found, counts > 0), laid)


def _extremes(  # noqa: PLR0913  # all of it decides
    values: NDArray[np.generic], there: Flags, low: Indices, high: Indices, laid: _Laid, *, is_max: bool
) -> Indices:
    """The places of the largest, or smallest, values of frames; where there is none, any place."""
    size = len(values)
    if not size:
        return np.zeros(0, np.int64)
    ranked = np.unique(values, return_inverse=True)[1].reshape(-1).astype(np.int64)
    ranked = np.where(there, ranked if is_max else size - ranked, -1)
    from_begin = np.array_equal(low, laid.begins)
    part = np.cumsum(laid.begins == np.arange(size))
    # One number says the part and the value, so that every part begins above the one before.
    scaled = (part if from_begin else part[-1] - part) * (size + 2) + ranked
    if from_begin:
        return _last_records(scaled)[np.maximum(high - 1, 0)]
    return (size - 1 - _last_records(scaled[::-1])[::-1])[np.minimum(low, size - 1)]


def _last_records(values: Indices) -> Indices:
    """For each place where the largest of the values up to it stands."""
    return np.maximum.accumulate(np.where(values == np.maximum.accumulate(values), np.arange(len(values)), 0))


def _frame(node: ops.WindowFunction, laid: _Laid, size: int) -> tuple[Indices, Indices]:
    if node.start is not None and node.end is not None:
        raise UnsupportedError("a frame with two ends")
    places = np.arange(size)
    low = laid.begins if node.start is None else _edge(node, node.start, laid, places, is_end=False)
    high = laid.ends if node.end is None else _edge(node, node.end, laid, places, is_end=True)
    return np.minimum(low, laid.ends), np.maximum(high, np.minimum(low, laid.ends))


def _edge(node: ops.WindowFunction, edge: ops.WindowBoundary, laid: _Laid, places: Indices, *, is_end: bool) -> Indices:
    if not isinstance(edge.value, ops.Literal):
        raise UnsupportedError("a frame whose edge is a column")
    by = int(edge.value.value)
    if node.how == "rows":
        moved = places + (-by if edge.preceding else by) + is_end
        return np.clip(moved, laid.begins, laid.ends)
    if by:
        raise UnsupportedError("a range of values")
    return np.searchsorted(laid.ties, laid.ties, side="right" if is_end else "left")
