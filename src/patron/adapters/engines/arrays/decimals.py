"""Exact numbers with a fraction, worked out as whole numbers of their smallest unit; halves are rounded away from zero."""

from __future__ import annotations

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


def combined(function: Callable[[Any, Any], Any], wanted: pa.DataType, left: Column, right: Column, *, is_scaled_alike: bool) -> Column:
    """A sum, difference or product.

    Args:
        function: of whole numbers.
        wanted: the type of the result, a decimal.
        left: decimals or whole numbers.
        right: the same.
        is_scaled_alike: whether both are brought to the scale of the result, as for a sum; else their scales add up to it.

    Raises:
        UnsupportedError: a result has no place in the type.
    """
    size = next((len(c) for c in (left, right) if isinstance(c, pa.Array)), None)
    columns = [as_array(c, size or 1) for c in (left, right)]
    there = known(columns[0]) & known(columns[1])
    if not there.any():
        return pa.nulls(len(there), wanted) if size is not None else pa.scalar(None, wanted)
    values = [numbers(c)[there].astype(object) for c in columns]
    if is_scaled_alike:
        values = [v * 10 ** (wanted.scale - _scale(c.type)) for v, c in zip(values, columns, strict=True)]
    made = function(*values)
    if _is_beyond(made, wanted).any():
        raise UnsupportedError("a number that its type has no place for")
    rows = _laid_out(made, there, wanted)
    return rows if size is not None else rows[0]


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
