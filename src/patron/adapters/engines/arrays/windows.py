"""Values that are told of a row by the rows around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis.expr.operations as ops
import numpy as np
import pyarrow as pa

from patron.adapters.engines.arrays.columns import codes, from_numbers, is_whole, known, numbers, places, ranks, taken, type_of
from patron.kernel.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Indices = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_SHIFTS = {"Lag": -1, "Lead": 1}
_ROOM = 1 << 62


@dataclass(frozen=True, slots=True)
class Laid:
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


def laid(size: int, *columns: pa.Array, parts: int, ups: Sequence[tuple[bool, bool]]) -> Laid:
    """Rows laid out, by as many columns as tell parts, and then by keys: each with whether it goes up, and whether nulls come first."""
    part_codes = codes(columns[:parts], size)[0]
    keys = [_sortable(c, is_up=up, nulls_first=first) for c, (up, first) in zip(columns[parts:], ups, strict=True)]
    order = _ordered(part_codes, keys)
    is_new = _changes([part_codes[order]])
    starts = np.flatnonzero(is_new)
    part = np.cumsum(is_new).astype(np.int64) - 1
    ends = np.append(starts[1:], size)
    ties = np.cumsum(_changes([part_codes[order], *(k[order] for k in keys)])).astype(np.int64) if keys else part
    return Laid(order, starts[part] if size else starts, ends[part] if size else starts, ties)


def around(node: ops.WindowFunction) -> Callable[..., pa.Array]:
    """The function of rows laid out, and the values of what the window function reads, that gives what it tells of each row.

    Raises:
        UnsupportedError: there is no such function or frame here.
    """
    func = node.func
    name = type(func).__name__
    if name == "RowNumber":
        return lambda laid: _back(pa.array(np.arange(len(laid.order)) - laid.begins), laid)
    if name in {"DenseRank", "MinRank"}:
        return lambda laid: _back(pa.array(_rank(laid, is_dense=name == "DenseRank")), laid)
    if name in _SHIFTS:
        return _shifted(func, _SHIFTS[name])
    return _framed(node)


def sorted_rows(*columns: pa.Array, ups: Sequence[tuple[bool, bool]]) -> pa.Array:
    """Rows in the order of columns: each with whether it goes up, and whether nulls come first."""
    keys = [_sortable(c, is_up=up, nulls_first=first) for c, (up, first) in zip(columns, ups, strict=True)]
    return pa.array(np.lexsort(keys[::-1]))


def _sortable(column: pa.Array, *, is_up: bool, nulls_first: bool) -> Indices:
    if is_whole(column):
        values = numbers(column).astype(np.int64, copy=False)
        return values if is_up else ~values
    found = ranks(column)
    found = found if is_up else -found
    edge = len(column) + 1
    return np.where(known(column), found, -edge if nulls_first else edge)


def _ordered(parts: Indices, keys: Sequence[Indices]) -> Indices:
    """Rows by part, and within it by keys. Rows mostly come so by the first of them: the others only tell apart what it does not."""
    first = keys[0] if keys else parts
    order = np.arange(len(parts)) if _rises(parts, first) else np.lexsort((first, parts))
    others = keys[1:]
    if not others:
        return order
    is_new = _changes([parts[order], first[order]])
    is_tied = ~is_new
    is_tied[:-1] |= is_tied[1:]
    tied = np.flatnonzero(is_tied)
    if len(tied):
        rows = order[tied]
        order[tied] = rows[np.lexsort((*(key[rows] for key in reversed(others)), np.cumsum(is_new)[tied]))]
    return order


def _rises(parts: Indices, key: Indices) -> bool:
    """Whether rows are in the order of parts, and within these of a key."""
    after, before = parts[1:], parts[:-1]
    return bool(((after > before) | ((after == before) & (key[1:] >= key[:-1]))).all())


def _changes(columns: Sequence[NDArray[np.generic]]) -> Flags:
    found = np.zeros(len(columns[0]), np.bool_)
    found[:1] = True
    for column in columns:
        found[1:] |= column[1:] != column[:-1]
    return found


def _back(column: pa.Array, laid: Laid) -> pa.Array:
    """From places to rows."""
    rows = np.empty(len(laid.order), np.int64)
    rows[laid.order] = np.arange(len(laid.order))
    return taken(column, places(rows))


def _rank(laid: Laid, *, is_dense: bool) -> Indices:
    if is_dense:
        return laid.ties - laid.ties[laid.begins]
    return np.searchsorted(laid.ties, laid.ties) - laid.begins


def _shifted(func: ops.Lag | ops.Lead, step: int) -> Callable[..., pa.Array]:
    if func.offset is not None and not isinstance(func.offset, ops.Literal):
        raise UnsupportedError("a shift by a column")
    if func.default is not None:
        raise UnsupportedError("a shift with a value for rows without")
    by = step * (int(func.offset.value) if func.offset is not None else 1)

    def told(laid: Laid, column: pa.Array) -> pa.Array:
        others = np.arange(len(column)) + by
        inside = (others >= laid.begins) & (others < laid.ends)
        rows = laid.order[np.where(inside, others, 0)] if len(column) else others
        return _back(taken(column, places(rows, inside)), laid)

    return told


def _framed(node: ops.WindowFunction) -> Callable[..., pa.Array]:
    """Reductions over frames that begin with the part, or end with it."""
    func = node.func
    if getattr(func, "where", None) is not None or not isinstance(func, ops.Sum | ops.Min | ops.Max | ops.Count | ops.CountStar):
        raise UnsupportedError(f"{type(func).__name__} over a frame")
    frame, wanted = _frame(node), type_of(func.dtype)

    def told(laid: Laid, column: pa.Array | None = None) -> pa.Array:
        low, high = frame(laid)  # places, the end not among them
        if column is None:
            return _back(pa.array(high - low), laid)
        column = taken(column, places(laid.order))
        there = known(column)
        before = np.concatenate([[0], np.cumsum(there)])
        counts = before[high] - before[low]
        if isinstance(func, ops.Count):
            return _back(pa.array(counts), laid)
        if isinstance(func, ops.Sum):
            kind = np.float64 if pa.types.is_floating(wanted) else np.int64
            sums = np.concatenate([[0], np.cumsum(np.where(there, numbers(column), 0).astype(kind))])
            return _back(from_numbers(sums[high] - sums[low], counts > 0, wanted), laid)
        found = _extremes(_comparable(column), there, low, high, laid, is_max=isinstance(func, ops.Max))
        return _back(taken(column, places(found, counts > 0)), laid)

    return told


def _comparable(column: pa.Array) -> NDArray[np.generic]:
    if pa.types.is_string(column.type) or pa.types.is_decimal(column.type):
        return ranks(column)
    return numbers(column).astype(np.float64 if pa.types.is_floating(column.type) else np.int64)


def _extremes(  # noqa: PLR0913  # all of it decides
    values: NDArray[np.generic], there: Flags, low: Indices, high: Indices, laid: Laid, *, is_max: bool
) -> Indices:
    """The places of the largest, or smallest, values of frames; where there is none, any place."""
    size = len(values)
    if not size:
        return np.zeros(0, np.int64)
    part = np.cumsum(laid.begins == np.arange(size))
    ranked, most = _from_zero(values, there, int(part[-1]))
    ranked = np.where(there, ranked if is_max else most - ranked, -1)
    from_begin = np.array_equal(low, laid.begins)
    # One number says the part and the value, so that every part begins above the one before.
    scaled = (part if from_begin else part[-1] - part) * (most + 2) + ranked
    if from_begin:
        return _last_records(scaled)[np.maximum(high - 1, 0)]
    return (size - 1 - _last_records(scaled[::-1])[::-1])[np.minimum(low, size - 1)]


def _from_zero(values: NDArray[np.generic], there: Flags, parts: int) -> tuple[Indices, int]:
    """Numbers in the order of the values there, from 0, and the most: what is above the smallest, if so many parts leave room for it."""
    if values.dtype == np.int64 and there.any():
        whole = values.astype(np.int64, copy=False)
        low, high = int(whole[there].min()), int(whole[there].max())
        if (high - low + 2) * (parts + 1) < _ROOM:
            return whole - low, high - low
    ranked = np.unique(values, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return ranked, len(values)


def _last_records(values: Indices) -> Indices:
    """For each place where the largest of the values up to it stands."""
    return np.maximum.accumulate(np.where(values == np.maximum.accumulate(values), np.arange(len(values)), 0))


def _frame(node: ops.WindowFunction) -> Callable[[Laid], tuple[Indices, Indices]]:
    if node.start is not None and node.end is not None:
        raise UnsupportedError("a frame with two ends")
    start = None if node.start is None else _edge(node.how, node.start, is_end=False)
    end = None if node.end is None else _edge(node.how, node.end, is_end=True)

    def frame(laid: Laid) -> tuple[Indices, Indices]:
        low = np.minimum(laid.begins if start is None else start(laid), laid.ends)
        return low, np.maximum(laid.ends if end is None else end(laid), low)

    return frame


def _edge(how: str, edge: ops.WindowBoundary, *, is_end: bool) -> Callable[[Laid], Indices]:
    if not isinstance(edge.value, ops.Literal):
        raise UnsupportedError("a frame whose edge is a column")
    by = int(edge.value.value)
    if how == "rows":
        step = (-by if edge.preceding else by) + is_end
        return lambda laid: np.clip(np.arange(len(laid.order)) + step, laid.begins, laid.ends)
    if by:
        raise UnsupportedError("a range of values")
    return lambda laid: np.searchsorted(laid.ties, laid.ties, side="right" if is_end else "left")
