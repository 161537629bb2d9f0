"""Relations on arrays: each gives the columns that it is asked for, worked out when they are asked for, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import ibis.expr.operations as ops
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from patron.adapters.engines.arrays.columns import as_array, cast_to, codes, concatenated, known, numbers, places, taken, type_of
from patron.adapters.engines.arrays.groups import grouped, reduced
from patron.adapters.engines.arrays.values import function_of
from patron.adapters.engines.arrays.windows import around, sorted_rows
from patron.kernel.errors import UnsupportedError
from patron.kernel.time import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from patron.adapters.engines.arrays.columns import Column
    from patron.adapters.engines.arrays.groups import Groups

    Indices = NDArray[np.int64]


_MOMENT = type(moment().op())
_ROW = ops.RowID.name


class Rows(Protocol):
    """Some rows, whose columns are there when asked for."""

    @property
    def size(self) -> int:
        """How many rows there are."""
        ...

    def column(self, name: str) -> pa.Array:
        """The values of a column."""
        ...


class Held:
    """Rows that are there."""

    def __init__(self, columns: Mapping[str, pa.Array], size: int) -> None:
        """Hold columns of so many rows."""
        self.columns, self.size = columns, size
        self.asked: set[str] = set()

    def column(self, name: str) -> pa.Array:
        """The values of a column; or the numbers of the rows, from 0."""
        if name == _ROW and name not in self.columns:
            return pa.array(np.arange(self.size))
        self.asked.add(name)
        return self.columns[name]


class _Chosen:
    """Some of the rows of others, in any order; where a row is not there, all its values are null."""

    def __init__(self, of: Rows, rows: Indices, is_there: NDArray[np.bool_] | None = None) -> None:
        self._of, self.size = of, len(rows)
        is_all = is_there is None and self.size == of.size and bool((rows == np.arange(self.size)).all())
        self._places = None if is_all else places(rows, is_there)
        self._known: dict[str, pa.Array] = {}

    def column(self, name: str) -> pa.Array:
        if self._places is None:
            return self._of.column(name)
        if name not in self._known:
            self._known[name] = self._of.column(name).take(self._places)
        return self._known[name]


class _Values:
    """Values over the rows of a relation; what several of them read is worked out once."""

    def __init__(
        self,
        field: Callable[[ops.Field], pa.Array],
        size: int,
        moment: pa.Scalar | None,
        reduced: Callable[[ops.Reduction], pa.Array] | None = None,
    ) -> None:
        self._field, self._size, self._moment, self._reduced = field, size, moment, reduced
        self._known: dict[ops.Node, Column] = {}

    def of_groups(self, groups: Groups) -> _Values:
        """Values over groups of these rows."""
        return _Values(self._field, groups.count, self._moment, lambda node: reduced(node, groups, self))

    def __call__(self, node: ops.Node) -> Column:
        found = self._known.get(node)
        if found is None:
            found = self._known[node] = self._worked_out(node)
        return found

    def array(self, node: ops.Value) -> pa.Array:
        """A value for each row, in the type that the expression has."""
        return cast_to(as_array(self(node), self._size), type_of(node.dtype))

    def _worked_out(self, node: ops.Node) -> Column:
        kind = type(node)
        if kind is ops.Field or kind is ops.RowID:
            return self._field(node)
        if kind is ops.WindowFunction:
            return around(node, self._size, self)
        if kind is _MOMENT:
            return self._moment
        if self._reduced is not None and issubclass(kind, ops.Reduction):
            return self._reduced(node)
        if kind is ops.Coalesce:
            return self._first_known(node)
        function, arguments = function_of(node)
        return function(*[self(a) for a in arguments])

    def _first_known(self, node: ops.Coalesce) -> Column:
        """What comes after a value that every row has is not worked out; without rows all is, as a rehearsal asks for all."""
        first = self(node.arg[0])
        if isinstance(first, pa.Array) and len(first) and not first.null_count:
            return first
        function, arguments = function_of(node)
        return function(*[self(a) for a in arguments])


class _Worked:
    """Rows whose columns are values over others."""

    def __init__(self, values: Mapping[str, ops.Value], over: _Values, size: int) -> None:
        self._values, self._over, self.size = values, over, size
        self._known: dict[str, pa.Array] = {}

    def column(self, name: str) -> pa.Array:
        if name not in self._known:
            self._known[name] = self._over.array(self._values[name])
        return self._known[name]


class Question:
    """One expression asked of tables: relations that are read twice are worked out once."""

    def __init__(self, tables: Callable[[str], Rows], moment: pa.Scalar | None) -> None:
        """Ask tables, by their names, as of the moment."""
        self._tables, self._moment = tables, moment
        self._known: dict[ops.Relation, Rows] = {}

    def rows(self, node: ops.Relation) -> Rows:
        """The rows of a relation.

        Raises:
            UnsupportedError: there is no such relation or operation here.
        """
        if node not in self._known:
            answer = _RELATIONS.get(type(node))
            if answer is None:
                raise UnsupportedError(type(node).__name__)
            self._known[node] = answer(self, node)
        return self._known[node]

    def table(self, node: ops.UnboundTable) -> Rows:
        """A table by its name."""
        return self._tables(node.name)

    def values(self, parent: ops.Relation) -> _Values:
        """Values over the rows of a relation."""
        rows = self.rows(parent)
        return _Values(lambda field: rows.column(field.name), rows.size, self._moment)

    def values_beside(self, beside: Mapping[ops.Relation, Rows], size: int) -> _Values:
        """Values over rows that stand beside each other."""
        return _Values(lambda field: beside[field.rel].column(field.name), size, self._moment)


def _project(question: Question, node: ops.Project) -> Rows:
    return _Worked(node.values, question.values(node.parent), question.rows(node.parent).size)


def _filter(question: Question, node: ops.Filter) -> Rows:
    rows = question.rows(node.parent)
    return _Chosen(rows, _met(question.values(node.parent), node.predicates, rows.size))


def _met(values: _Values, predicates: Sequence[ops.Value], size: int) -> Indices:
    """The rows that meet all conditions."""
    flags = np.ones(size, np.bool_)
    for predicate in predicates:
        met = as_array(values(predicate), size)
        flags &= (numbers(met) != 0) & known(met)
    return np.flatnonzero(flags)


def _drop(question: Question, node: ops.DropColumns) -> Rows:
    return question.rows(node.parent)


def _reference(question: Question, node: ops.JoinReference) -> Rows:
    return question.rows(node.parent)


def _alias(question: Question, node: ops.AliasedRelation) -> Rows:
    return question.rows(node.parent)


def _aggregate(question: Question, node: ops.Aggregate) -> Rows:
    rows = question.rows(node.parent)
    values = question.values(node.parent)
    keys = {name: values.array(key) for name, key in node.groups.items()}
    groups, first = grouped(list(keys.values()), rows.size)
    told = values.of_groups(groups)
    columns = {name: taken(key, first) for name, key in keys.items()}
    columns |= {name: told.array(metric) for name, metric in node.metrics.items()}
    return Held(columns, groups.count)


def _distinct(question: Question, node: ops.Distinct) -> Rows:
    return _once(question.rows(node.parent), node.schema.names)


def _union(question: Question, node: ops.Union) -> Rows:
    both, _ = _stacked(question, node)
    return _once(both, node.schema.names) if node.distinct else both


def _difference(question: Question, node: ops.Difference) -> Rows:
    if not node.distinct:
        raise UnsupportedError("a difference that counts rows")
    both, size = _stacked(question, node)
    groups, _ = grouped(list(both.columns.values()), both.size)
    is_there = np.zeros(groups.count, np.bool_)
    is_there[groups.of[size:]] = True
    return _once(_Chosen(both, np.flatnonzero(~is_there[groups.of[:size]])), node.schema.names)


def _stacked(question: Question, node: ops.Set) -> tuple[Held, int]:
    """The rows of one relation above those of another, and how many are of the first."""
    parts = [question.rows(part) for part in (node.left, node.right)]
    columns = {name: concatenated([cast_to(part.column(name), type_of(dtype)) for part in parts]) for name, dtype in node.schema.items()}
    return Held(columns, sum(part.size for part in parts)), parts[0].size


def _once(rows: Rows, names: Sequence[str]) -> Rows:
    """Each row once; null is the same as null."""
    _, first = grouped([rows.column(name) for name in names], rows.size)
    return _Chosen(rows, np.sort(first))


def _sort(question: Question, node: ops.Sort) -> Rows:
    values = question.values(node.parent)
    keys = [(values.array(key.arg), key.ascending, key.nulls_first) for key in node.keys]
    return _Chosen(question.rows(node.parent), sorted_rows(keys))


def _limit(question: Question, node: ops.Limit) -> Rows:
    rows = question.rows(node.parent)
    begin = int(node.offset)
    return _Chosen(rows, np.arange(begin, rows.size if node.n is None else min(rows.size, begin + int(node.n))))


def _join(question: Question, node: ops.JoinChain) -> Rows:
    beside: dict[ops.Relation, Rows] = {node.first: question.rows(node.first)}
    size = beside[node.first].size
    for link in node.rest:
        other = question.rows(link.table)
        pairs = _pairs(question, link, beside, size, other)
        left, right, is_left, is_right = _kept(link.how, *pairs, size, other.size)
        if link.how not in {"semi", "anti"}:
            beside = {ref: _Chosen(rows, left, is_left) for ref, rows in beside.items()} | {link.table: _Chosen(other, right, is_right)}
        else:
            beside = {ref: _Chosen(rows, left) for ref, rows in beside.items()}
        size = len(left)
    return _Worked(node.values, question.values_beside(beside, size), size)


def _pairs(question: Question, link: ops.JoinLink, beside: Mapping[ops.Relation, Rows], size: int, other: Rows) -> tuple[Indices, Indices]:
    """Which rows on both sides belong together."""
    if link.how == "cross" or not link.predicates:
        return np.repeat(np.arange(size), other.size), np.tile(np.arange(other.size), size)
    before, after = question.values_beside(beside, size), question.values_beside({link.table: other}, other.size)
    same = [p for p in link.predicates if isinstance(p, ops.Equals) and _sides(p, beside, link.table)]
    if not same:
        raise UnsupportedError("a join without a key")
    sides = [_sides(p, beside, link.table) for p in same]
    others = [p for p in link.predicates if p not in same]
    keys = [(before.array(a), cast_to(after.array(b), type_of(a.dtype))) for a, b in sides]
    is_one_enough = link.how in {"semi", "anti"} and not others
    if len(keys) == 1 and (is_one_enough or _is_unique(keys[0][1])):
        left, right = _first_matches(*keys[0])
    else:
        left, right = _matches(keys, size, other.size)
    if others:
        paired = {ref: _Chosen(rows, left) for ref, rows in beside.items()} | {link.table: _Chosen(other, right)}
        met = _met(question.values_beside(paired, len(left)), others, len(left))
        left, right = left[met], right[met]
    return left, right


def _sides(same: ops.Equals, beside: Collection[ops.Relation], table: ops.Relation) -> tuple[ops.Value, ...]:
    """The value of the rows so far and that of the table that joins them; nothing when they are mixed."""
    for left, right in ((same.left, same.right), (same.right, same.left)):
        if _reads(left, beside) and _reads(right, {table}):
            return left, right
    return ()


def _reads(node: ops.Value, of: Collection[ops.Relation]) -> bool:
    """Whether a value reads some relations and no others."""
    fields = node.find(ops.Field, filter=ops.Value)
    return bool(fields) and all(field.rel in of for field in fields)


def _is_unique(column: pa.Array) -> bool:
    return bool(pc.count_distinct(column, mode="only_valid").as_py() == len(column) - column.null_count)


def _first_matches(left: pa.Array, right: pa.Array) -> tuple[Indices, Indices]:
    """The rows on the left whose key is found on the right, and where it is found first; null is the same as nothing."""
    rows = np.flatnonzero(known(right))
    found = pc.index_in(left, value_set=right.drop_null(), skip_nulls=True)
    there = np.flatnonzero(known(found) & known(left))
    return there, rows[numbers(found)[there]]


def _matches(keys: Sequence[tuple[pa.Array, pa.Array]], size: int, others: int) -> tuple[Indices, Indices]:
    """The rows on both sides whose keys are the same; null is the same as nothing."""
    both = codes([concatenated(pair) for pair in keys], size + others)
    there = [np.logical_and.reduce([known(k[side]) for k in keys]) for side in (0, 1)]
    left, right = np.flatnonzero(there[0]), np.flatnonzero(there[1])
    right = right[np.argsort(both[size:][right], kind="stable")]
    ordered, wanted = both[size:][right], both[:size][left]
    begin = np.searchsorted(ordered, wanted, "left")
    counts = np.searchsorted(ordered, wanted, "right") - begin
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(left, counts), right[np.repeat(begin, counts) + within]


def _kept(
    how: str, left: Indices, right: Indices, size: int, others: int
) -> tuple[Indices, Indices, NDArray[np.bool_] | None, NDArray[np.bool_] | None]:
    """The rows of a join on both sides, and which of them are there."""
    if how in {"semi", "anti"}:
        flags = np.zeros(size, np.bool_)
        flags[left] = True
        return np.flatnonzero(flags if how == "semi" else ~flags), right, None, None
    if how in {"inner", "cross"}:
        return left, right, None, None
    if how not in {"left", "outer"}:
        raise UnsupportedError(f"a {how} join")
    alone = np.setdiff1d(np.arange(size), left)
    alone_right = np.setdiff1d(np.arange(others), right) if how == "outer" else alone[:0]
    rows = np.concatenate([left, alone, np.zeros_like(alone_right)])
    is_left = np.concatenate([np.ones(len(left) + len(alone), np.bool_), np.zeros(len(alone_right), np.bool_)])
    rows_right = np.concatenate([right, np.zeros_like(alone), alone_right])
    is_right = np.concatenate([np.ones(len(left), np.bool_), np.zeros(len(alone), np.bool_), np.ones(len(alone_right), np.bool_)])
    if how == "left":
        order = np.argsort(rows, kind="stable")
        return rows[order], rows_right[order], None, is_right[order]
    return rows, rows_right, is_left, is_right


_RELATIONS: dict[type[ops.Relation], Callable[[Question, ops.Relation], Rows]] = {
    ops.UnboundTable: Question.table,
    ops.JoinReference: _reference,
    ops.SelfReference: _reference,
    ops.AliasedRelation: _alias,
    ops.Project: _project,
    ops.Filter: _filter,
    ops.DropColumns: _drop,
    ops.JoinChain: _join,
    ops.Aggregate: _aggregate,
    ops.Distinct: _distinct,
    ops.Union: _union,
    ops.Difference: _difference,
    ops.Sort: _sort,
    ops.Limit: _limit,
}
