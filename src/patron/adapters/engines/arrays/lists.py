"""Lists of texts and numbers, of which each row has one of its own length."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import ibis.expr.operations as ops
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from patron.adapters.engines.arrays.columns import as_array, cast_to, concatenated, numbers, places, taken, type_of
from patron.adapters.engines.arrays.groups import Groups, there, told_by
from patron.adapters.engines.arrays.texts import one
from patron.kernel.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from patron.adapters.engines.arrays.columns import Built, Column


_LARGEST = 1 << 62


def repeated(of: Column) -> pa.Array:
    """The number of each row, as often as its list has items."""
    return places(_rows(_whole(of)))


def items(of: Column) -> pa.Array:
    """The items of all lists, one after the other."""
    return _whole(of).flatten()


def array(node: ops.Array) -> Built:
    """One list for all rows, of literals; or one for each row, of its values in columns."""
    if not all(isinstance(e, ops.Literal) for e in node.exprs):
        return partial(_of_columns, type_of(node.dtype.value_type)), node.exprs
    made = pa.scalar([e.value for e in node.exprs], node.dtype.to_pyarrow())
    return (lambda: made), ()


def _of_columns(kind: pa.DataType, *columns: Column) -> pa.ListArray:
    size, many = next((len(c) for c in columns if isinstance(c, pa.Array)), None), len(columns)
    if size is None:
        raise UnsupportedError("one list for all rows")
    values = concatenated([as_array(cast_to(column, kind), size) for column in columns])
    by_row = np.arange(size * many).reshape(many, size).T.ravel()
    return pa.ListArray.from_arrays(pa.array(np.arange(size + 1) * many, pa.int32()), taken(values, places(by_row)))


def item(node: ops.ArrayIndex) -> Built:
    """The item at a place, counted from 0; null where a list is shorter.

    Raises:
        UnsupportedError: the place is of a column, or counted from the end.
    """
    if not isinstance(node.index, ops.Literal) or node.index.value < 0:
        raise UnsupportedError("such a place in a list")
    place = int(node.index.value)

    def at(of: Column) -> Column:
        whole = _whole(of)
        sizes = _sizes(whole)
        starts, is_there = np.cumsum(sizes) - sizes, sizes > place
        return taken(whole.flatten(), places(np.where(is_there, starts + place, 0), is_there))

    return at, (node.arg,)


def told_of_each(reduction: type[ops.Reduction]) -> Callable[[Any], Built]:
    """What a reduction tells of the items of each list; null of none."""

    def build(node: Any) -> Built:  # noqa: ANN401  # an operation on lists
        told, wanted = told_by(reduction(ops.Unnest(node.arg))), type_of(node.dtype)

        def of_each(of: Column) -> Column:
            whole = _whole(of)
            values = whole.flatten()
            _refuse_large(values)
            return cast_to(told(Groups(_rows(whole), len(whole)), there(values), values), wanted)

        return of_each, (node.arg,)

    return build


def of_items(function: Callable[[Column], Column], of: Column) -> pa.ListArray:
    """A function of values, asked about the items of lists."""
    whole = _whole(of)
    ends = np.concatenate([[0], np.cumsum(_sizes(whole))])
    mask = whole.is_null() if whole.null_count else None
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), function(whole.flatten()), mask=mask)


def joined(of: Column, between: Column) -> Column:
    """The texts of each list as one; those that are null are left out, and null comes of nothing but these."""
    said = one(between)

    def together(texts: Sequence[str | None]) -> str | None:
        there = [text for text in texts if text is not None]
        return said.join(there) if there or not texts else None

    return pa.array([None if texts is None else together(texts) for texts in _whole(of).to_pylist()], pa.string())


def split(text: Column, at: Column) -> Column:
    """The parts of texts between those that are written so."""
    pattern = one(at)
    if not pattern or isinstance(text, pa.Scalar):
        raise UnsupportedError("such a text in parts")
    return pc.split_pattern(text, pattern)


def _whole(of: Column) -> pa.ListArray:
    if isinstance(of, pa.Scalar):
        raise UnsupportedError("one list for all rows")
    return of


def _sizes(of: pa.ListArray) -> NDArray[np.int64]:
    """How many items each list has; a list that is null has none."""
    return numbers(pc.list_value_length(of)).astype(np.int64)


def _rows(of: pa.ListArray) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(of)), _sizes(of))


def _refuse_large(values: pa.Array) -> None:
    """Refuse decimals of which so many might have a sum with too many digits.

    Raises:
        UnsupportedError: they might.
    """
    if pa.types.is_decimal(values.type) and len(values):
        largest = max(abs(int(n)) for n in (numbers(values).max(), numbers(values).min()))
        if largest * len(values) > _LARGEST:
            raise UnsupportedError("a sum of very many digits")
