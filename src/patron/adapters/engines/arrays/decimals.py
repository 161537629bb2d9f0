"""Exact numbers with a fraction, worked out as whole numbers of their smallest unit; halves are rounded away from zero."""

from __future__ import annotations

from operator import add, mul, sub
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from patron.adapters.engines.arrays.columns import as_array, from_numbers, known, numbers
from patron.kernel.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from patron.adapters.engines.arrays.columns import Column

    Whole = NDArray[Any]

_LARGE = 1 << 62
_LARGEST = 10**18  # beyond that engines differ in what they make of a sum or product


def product(left: Column, right: Column) -> Column:
    """Decimals or whole numbers multiplied, with all places of both.

    Raises:
        UnsupportedError: a product has very many digits.
    """
    return _combined(mul, left, right, _widest(_scale(left.type) + _scale(right.type)))


def total(left: Column, right: Column) -> Column:
    """Decimals or whole numbers added.

    Raises:
        UnsupportedError: a sum has very many digits.
    """
    return _combined(add, *alike(left, right))


def difference(left: Column, right: Column) -> Column:
    """Decimals or whole numbers subtracted.

    Raises:
        UnsupportedError: a difference has very many digits.
    """
    return _combined(sub, *alike(left, right))


def alike(*given: Column) -> list[Column]:
    """Decimals or whole numbers in one type of decimals, with all their places."""
    widest = _widest(max(_scale(g.type) for g in given))
    return [rescaled(g, widest) for g in given]


def _combined(function: Callable[[Any, Any], Any], left: Column, right: Column, wanted: pa.DataType | None = None) -> Column:
    kind = left.type if wanted is None else wanted
    size = next((len(c) for c in (left, right) if isinstance(c, pa.Array)), None)
    columns = [as_array(c, size or 1) for c in (left, right)]
    there = known(columns[0]) & known(columns[1])
    made = function(*(numbers(c)[there].astype(object) for c in columns))
    if (np.abs(made) >= _LARGEST).any():
        raise UnsupportedError("more digits than engines have a place for")
    rows = _laid_out(made, there, kind)
    return rows if size is not None else rows[0]


def _widest(scale: int) -> pa.DataType:
    return pa.decimal128(38, scale)


def rescaled(column: Column, wanted: pa.DataType, *, may_fail: bool = False) -> Column:
    """Decimals or whole numbers in another type of decimals, or decimals as whole numbers of 64 bits.

    Args:
        column: the numbers.
        wanted: the type.
        may_fail: whether what has no place in the type is null.

    Raises:
        UnsupportedError: a number has no place in the type.
    """
    if isinstance(column, pa.Scalar):
        return rescaled(as_array(column, 1), wanted, may_fail=may_fail)[0]
    if column.type == wanted:
        return column
    there = known(column)
    if not there.any():
        return pa.nulls(len(column), wanted)
    values, by = numbers(column)[there].astype(object), _scale(wanted) - _scale(column.type)
    values = values * 10**by if by >= 0 else _rounded(values, 10**-by)
    is_beyond = _is_beyond(values, wanted)
    if is_beyond.any():
        if not may_fail:
            raise UnsupportedError("a number that its type has no place for")
        there = there.copy()
        there[there] = ~is_beyond
        values = values[~is_beyond]
    return _laid_out(values, there, wanted)


def _rounded(values: Whole, unit: int) -> Whole:
    """How many units each is."""
    doubled = np.abs(values) * 2 + unit
    return np.where(values < 0, -(doubled // (2 * unit)), doubled // (2 * unit))


def _is_beyond(values: Whole, kind: pa.DataType) -> NDArray[np.bool_]:
    if pa.types.is_decimal(kind):
        return np.asarray(np.abs(values) >= 10**kind.precision, np.bool_)
    return np.asarray((values >= 2**63) | (values < -(2**63)), np.bool_)


def _laid_out(values: Whole, there: NDArray[np.bool_], kind: pa.DataType) -> pa.Array:
    """The values of the rows that have one."""
    is_small = not len(values) or max(abs(v) for v in values) < _LARGE
    rows = np.zeros(len(there), np.int64 if is_small else object)
    rows[there] = values
    return from_numbers(rows, there, kind)


def _scale(kind: pa.DataType) -> int:
    return int(kind.scale) if pa.types.is_decimal(kind) else 0
