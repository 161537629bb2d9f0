"""Columns of values: what Arrow has no function for, done by numpy on the same memory."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import ibis.expr.datatypes as dt
    import ibis.expr.operations as ops
    from numpy.typing import NDArray

    Built = tuple[Callable[..., "Column"], tuple[ops.Node, ...]]
    """What an operation is: a function, and the values that it is given."""

Column: TypeAlias = "pa.Array | pa.Scalar"
"""The values of some rows; or one value, which all rows have."""

INSTANT, SPAN = pa.timestamp("us"), pa.duration("us")
_WORDS = 2  # of 64 bits, in a decimal of 128
_TAKE, _UNCHECKED = pc.get_function("array_take"), pc.TakeOptions(boundscheck=False)  # rows are numbers of rows that are there


@lru_cache(maxsize=1_000)
def type_of(dtype: dt.DataType) -> pa.DataType:
    """The Arrow type of an expression's type; spans are microseconds, whatever they are counted in."""
    if dtype.is_interval():
        return SPAN
    return INSTANT if dtype.is_timestamp() else dtype.to_pyarrow()


def cast_to(column: Column, wanted: pa.DataType) -> Column:
    """The same values in another type; numbers with a fraction become the nearest whole ones, decimals stay exact.

    Raises:
        pa.ArrowInvalid: a value has no place in the type.
    """
    if column.type == wanted:
        return column
    if pa.types.is_floating(column.type) and pa.types.is_integer(wanted):
        column = pc.round(column, round_mode="half_to_even")
    return pc.call_function("cast", [column], _cast_options(wanted))


@lru_cache(maxsize=1_000)
def _cast_options(wanted: pa.DataType) -> pc.CastOptions:
    return pc.CastOptions.safe(wanted)


def as_array(column: Column, size: int) -> pa.Array:
    """A value for each of so many rows."""
    if isinstance(column, pa.Scalar):
        return pa.repeat(column, size) if column.is_valid else pa.nulls(size, column.type)
    return column


def any_of(column: Column, test: Callable[[Column], Column]) -> bool:
    """Whether any of the values is so."""
    found = test(column)
    return bool(found.as_py()) if isinstance(found, pa.Scalar) else bool(pc.any(found).as_py())


def is_full(column: Column) -> bool:
    """Whether there are rows, and every one of them has a value."""
    return isinstance(column, pa.Array) and bool(len(column)) and not column.null_count


def known(column: pa.Array) -> NDArray[np.bool_]:
    """Which values are not null."""
    if not column.null_count:
        return np.ones(len(column), np.bool_)
    return np.asarray(column.is_valid())


def numbers(column: pa.Array) -> NDArray[np.generic]:
    """Numbers, instants, dates and flags as an array of numbers in the same order; zero where a value is null."""
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_duration(kind):
        column = column.view(pa.int64())
    elif pa.types.is_date32(kind):
        column = column.view(pa.int32())
    elif pa.types.is_boolean(kind):
        column = column.cast(pa.int8())
    elif pa.types.is_decimal(kind):
        return _unscaled(column)
    if column.null_count:
        column = column.fill_null(0)
    return column.to_numpy(zero_copy_only=False)


def from_numbers(values: NDArray[np.generic], is_known: NDArray[np.bool_], kind: pa.DataType) -> pa.Array:
    """The way back from `numbers`."""
    mask = None if is_known.all() else ~is_known
    if pa.types.is_decimal(kind):
        return _scaled(values, is_known, kind)
    if pa.types.is_timestamp(kind) or pa.types.is_duration(kind):
        return pa.array(values, pa.int64(), mask=mask).view(kind)
    if pa.types.is_date32(kind):
        return pa.array(values.astype(np.int32), pa.int32(), mask=mask).view(kind)
    if pa.types.is_boolean(kind):
        return pa.array(values != 0, kind, mask=mask)
    return cast_to(pa.array(values, mask=mask), kind)


def ranks(column: pa.Array) -> NDArray[np.int64]:
    """Numbers in the order of the values, equal for equal ones; null is above all. Texts are in the order of their code points."""
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        words = column.dictionary_encode()
        order = np.empty(len(words.dictionary) + 1, np.int64)
        order[pc.array_sort_indices(words.dictionary).to_numpy()] = np.arange(len(words.dictionary))
        order[-1] = len(words.dictionary)
        return order[words.indices.fill_null(len(words.dictionary)).to_numpy()]
    found = np.unique(numbers(column), return_inverse=True)[1].reshape(-1).astype(np.int64)
    return np.where(known(column), found, len(found)) if column.null_count else found


def codes(columns: Sequence[pa.Array], size: int) -> tuple[NDArray[np.int64], int]:
    """A number per row, the same for rows whose values are the same in all columns, and how many numbers there are.

    Null is a value like others. Numbers are given from 0, without gaps.
    """
    found, many = np.zeros(size, np.int64), min(size, 1)
    for number, column in enumerate(columns):
        own, count = _codes(column)
        found, many = _codes(pa.array(found * count + own)) if number else (own, count)
    return found, many


def taken(column: pa.Array, rows: pa.Array | None) -> pa.Array:
    """The values of some rows, in their order, null where a row is null; None stands for all rows, as they are."""
    return column if rows is None else _TAKE.call([column, rows], _UNCHECKED)


def places(rows: NDArray[np.int64], is_there: NDArray[np.bool_] | None = None) -> pa.Array:
    """The numbers of rows, to take values by; null where a row is not there."""
    return pa.array(rows, mask=None if is_there is None or is_there.all() else ~is_there)


def concatenated(columns: Sequence[pa.Array]) -> pa.Array:
    """One column after the other."""
    return pa.concat_arrays(columns)


def single(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece."""
    combined = column.combine_chunks()
    return pa.concat_arrays(combined.chunks) if isinstance(combined, pa.ChunkedArray) else combined


def is_whole(column: pa.Array) -> bool:
    """Whether values are whole numbers, instants or days, and all of them are known."""
    kind = column.type
    return not column.null_count and (pa.types.is_integer(kind) or pa.types.is_timestamp(kind) or pa.types.is_date32(kind))


def _codes(column: pa.Array) -> tuple[NDArray[np.int64], int]:
    if pa.types.is_floating(column.type):  # zeros of both signs are the same
        once, found = np.unique(ranks(column), return_inverse=True)
        return found.reshape(-1).astype(np.int64, copy=False), len(once)
    if is_whole(column) and len(column):
        values = numbers(column).astype(np.int64, copy=False)
        if (values[1:] >= values[:-1]).all():  # as rows mostly come
            steps = np.concatenate([[0], np.cumsum(values[1:] != values[:-1])])
            return steps, int(steps[-1]) + 1
    words = column.dictionary_encode(null_encoding="encode")
    return words.indices.to_numpy().astype(np.int64), len(words.dictionary)


def _unscaled(column: pa.Array) -> NDArray[np.generic]:
    """Decimals as whole numbers of their smallest unit: of 64 bits where all fit, else of any size."""
    filled = column.fill_null(0) if column.null_count else column
    words = np.frombuffer(filled.buffers()[1], np.int64).reshape(-1, _WORDS)[filled.offset : filled.offset + len(filled)]
    low, high = words[:, 0], words[:, 1]
    if np.array_equal(low >> 63, high):
        return cast("NDArray[np.generic]", low)
    return np.array([(int(h) << 64) + (int(w) & (2**64 - 1)) for w, h in words], object)


def _scaled(values: NDArray[np.generic], is_known: NDArray[np.bool_], kind: pa.DataType) -> pa.Array:
    if values.dtype == object:
        parts = [(int(v) & (2**64 - 1), int(v) >> 64) for v in values]
        words = np.array(parts, np.uint64 if not parts else object).reshape(-1, _WORDS)
        words = np.array([[w - 2**64 if w >= 2**63 else w for w in pair] for pair in words], np.int64).reshape(-1, _WORDS)
    else:
        low = values.astype(np.int64)
        words = np.stack([low, low >> 63], axis=1)
    valid = pa.py_buffer(np.packbits(is_known, bitorder="little").tobytes())
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(np.ascontiguousarray(words).tobytes())])
