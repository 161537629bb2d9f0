"""Rows of relations as cells: how many there are, and a cell for each column that is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import ibis.expr.operations as ops
import pyarrow as pa
import pyarrow.compute as pc

from patron.adapters.engines.arrays.cells import Cell, Choice
from patron.adapters.engines.arrays.columns import as_array, cast_to, is_full, taken, type_of
from patron.adapters.engines.arrays.groups import there, there_where, told_by
from patron.adapters.engines.arrays.moments import moment_of, moment_of_first
from patron.adapters.engines.arrays.values import As, among, function_of, words_asked, words_of
from patron.adapters.engines.arrays.windows import around, laid
from patron.kernel.errors import UnsupportedError
from patron.kernel.time import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterator, Mapping

    from patron.adapters.engines.arrays.cells import Sheet
    from patron.adapters.engines.arrays.columns import Column

_MOMENT = type(moment().op())
_CUSTOMER = "customer_id"


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows.

    Attributes:
        size: how many there are.
        column: the values of a column, an array in the type that the relation says, by its name.
        key: a column that has no value twice; empty where none is known.
    """

    size: Cell
    column: Callable[[str], Cell]
    key: str = ""


def chosen(sheet: Sheet, rows: Rows, places: Cell) -> Rows:
    """Some of the rows of others, in any order: an array of their numbers, null where a row is not there; or None for all as they are."""
    return Rows(sheet.of(_size, places, rows.size), lambda name: _taken(sheet, rows.column(name), places))


def converted(sheet: Sheet, cell: Cell, kind: pa.DataType) -> Cell:
    """A value in an Arrow type."""
    return sheet.of(lambda value: cast_to(value, kind), cell, key=("as", kind))


def where(values: Values, conditions: Collection[ops.Value]) -> Cell:
    """The rows that meet all conditions, as `chosen` takes them."""
    return values.sheet.of(_met, values.size, *[values.spread(condition) for condition in conditions])


def moment_in(sheet: Sheet, beside: Mapping[ops.Relation, Rows]) -> Cell:
    """The moment of rows that stand beside each other: that of the customer whom the first of them with one is about."""
    return moment_of(sheet, next((rows.column(_CUSTOMER) for relation, rows in beside.items() if _CUSTOMER in relation.schema), None))


class Values:
    """Values over rows, or over groups of rows."""

    def __init__(
        self,
        sheet: Sheet,
        field: Callable[[ops.Field], Cell],
        size: Cell,
        *,
        moment: Callable[[], Cell],
        reduced: Callable[[ops.Reduction], Cell] | None = None,
    ) -> None:
        """Over so many rows, with the cell of each column, and that of the moment."""
        self.sheet, self._field, self.size, self._moment, self._reduced = sheet, field, size, moment, reduced
        self._known: dict[ops.Node, Cell] = {}

    def over_groups(self, groups: Cell, size: Cell, first: Cell, keys: Collection[ops.Value]) -> Values:
        """Values over groups of these rows, by their first ones; they have a moment of their own where customers tell them apart."""
        is_of_one = any(isinstance(key, ops.Field) and key.name == _CUSTOMER for key in keys)
        of_rows = self._moment() if is_of_one else moment_of(self.sheet, None)
        moment = partial(self.sheet.of, moment_of_first, of_rows, first)
        return Values(self.sheet, self._field, size, moment=moment, reduced=lambda node: self._told(node, groups))

    def column(self, node: ops.Value) -> Cell:
        """A value for each row, in the type that the expression has."""
        return self._as(node, self.spread(node), type_of(node.dtype))

    def spread(self, node: ops.Value) -> Cell:
        """A value for each row."""
        cell = self(node)
        return cell if node.shape.is_columnar() else self.sheet.of(as_array, cell, self.size)

    def __call__(self, node: ops.Node | As) -> Cell:
        """A value: for each row, or one for all of them."""
        if isinstance(node, As):
            return self._as(node.value, self(node.value), node.kind)
        found = self._known.get(node)
        if found is None:
            found = self._known[node] = self._worked_out(node)
        return found

    def _as(self, node: ops.Value, cell: Cell, kind: pa.DataType) -> Cell:
        is_so = isinstance(node, ops.Field) and type_of(node.dtype) == kind
        return cell if is_so else converted(self.sheet, cell, kind)

    def _worked_out(self, node: ops.Node) -> Cell:
        kind = type(node)
        if kind is ops.Field or kind is ops.RowID:
            return self._field(node)
        if kind is ops.WindowFunction:
            return self._around(node)
        if kind is _MOMENT:
            return self._moment()
        if self._reduced is not None and issubclass(kind, ops.Reduction):
            return self._reduced(node)
        if (asked := words_asked(node)) is not None:
            text, options = asked
            return self.sheet.of(partial(among, options=options), _in_words(self.sheet, self.spread(text)), key=_shape(node, [text]))
        return self._by_function(node)

    def _by_function(self, node: ops.Node) -> Cell:
        function, arguments = function_of(node)
        given = [a.value if isinstance(a, As) else a for a in arguments]
        if isinstance(node, ops.Coalesce):
            cells = [self(arguments[0]), *[self._if_asked(a) for a in arguments[1:]]]
            return self.sheet.of(_first_of(function, type_of(node.dtype)), *cells, key=_shape(node, given), kind=Choice)
        return self.sheet.of(function, *[self(a) for a in arguments], key=_shape(node, given))

    def _if_asked(self, node: ops.Node | As) -> Cell:
        """A value that may never be asked for: that there is no function for it is told when it is."""
        try:
            return self(node)
        except UnsupportedError as error:
            return self.sheet.of(partial(_unable, str(error)), self.size, key=("unable", node))

    def _told(self, node: ops.Reduction, groups: Cell) -> Cell:
        """What a reduction of these rows tells of each group."""
        told = told_by(node)
        read = [a for name, a in zip(node.__argnames__, node.__args__, strict=True) if name != "where" and isinstance(a, ops.Value)]
        columns = [self.spread(a) for a in read]
        rows = self.sheet.of(there, *columns) if node.where is None else self.sheet.of(there_where, self.spread(node.where), *columns)
        return self.sheet.of(told, groups, rows, *columns, key=_shape(node, [*read, node.where]))

    def _around(self, node: ops.WindowFunction) -> Cell:
        told = around(node)
        columns = [self.spread(a) for a in (*node.group_by, *(key.arg for key in node.order_by))]
        parts, ups = len(node.group_by), tuple((key.ascending, key.nulls_first) for key in node.order_by)
        lay = self.sheet.of(lambda *given: laid(*given, parts=parts, ups=ups), self.size, *columns, key=("laid", parts, ups))
        read = [node.func.arg] if isinstance(getattr(node.func, "arg", None), ops.Value) else []
        shape = (_shape(node.func, read), node.how, node.start, node.end)
        return self.sheet.of(told, lay, *[self.spread(a) for a in read], key=shape)


def _in_words(sheet: Sheet, text: Cell) -> Cell:
    """Texts as words, which are told apart once for all that is asked of them, and of some of their rows."""
    if text.function is taken:
        source, places = text.arguments
        return sheet.of(taken, sheet.of(words_of, source), places)
    return sheet.of(words_of, text)


def _unable(what: str, _: int) -> Column:
    raise UnsupportedError(what)


def _first_of(function: Callable[..., Column], kind: pa.DataType) -> Callable[..., Column]:
    """The first of columns that is known, by a function that is not asked where the very first column is whole."""
    return lambda first, *others: cast_to(first, kind) if is_full(first) else function(first, *others)


def _met(size: int, *conditions: pa.Array) -> pa.Array | None:
    flags = conditions[0]
    for condition in conditions[1:]:
        flags = pc.and_(flags, condition)
    found = pc.indices_nonzero(flags)
    return None if len(found) == size else found


def _size(places: pa.Array | None, before: int) -> int:
    return before if places is None else len(places)


def _taken(sheet: Sheet, column: Cell, places: Cell) -> Cell:
    """Values that were taken from others are taken from these at once."""
    if column.function is taken:
        source, before = column.arguments
        return sheet.of(taken, source, sheet.of(_one_after_another, before, places))
    return sheet.of(taken, column, places)


def _one_after_another(first: pa.Array | None, then: pa.Array | None) -> pa.Array | None:
    return then if first is None else taken(first, then)


def _shape(node: ops.Node, given: Collection[ops.Node]) -> Hashable:
    """What makes an operation, without the values that it is given: the same shape stands for the same function."""
    return (type(node), node.dtype, tuple(_parts(node.__args__, given)))


def _parts(arguments: tuple[object, ...], given: Collection[ops.Node]) -> Iterator[object]:
    for argument in arguments:
        if isinstance(argument, tuple):
            yield tuple(_parts(argument, given))
        elif isinstance(argument, ops.Value) and argument in given:
            yield argument.dtype
        else:
            yield argument
