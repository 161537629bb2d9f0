"""Relations as cells: which rows they have, and what is in their columns."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from operator import add
from typing import TYPE_CHECKING, Any

import ibis.expr.operations as ops
import numpy as np
import pyarrow as pa

from patron.adapters.engines.arrays.cells import Sheet
from patron.adapters.engines.arrays.columns import cast_to, concatenated, places, type_of
from patron.adapters.engines.arrays.groups import grouped
from patron.adapters.engines.arrays.joins import join, renamed
from patron.adapters.engines.arrays.lists import items, repeated
from patron.adapters.engines.arrays.rows import Rows, Values, chosen, converted, moment_in, where
from patron.adapters.engines.arrays.windows import sorted_rows
from patron.kernel.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ibis import Schema

    from patron.adapters.engines.arrays.cells import Cell
    from patron.adapters.engines.arrays.groups import Groups


class Question:
    """The cells of expressions: relations that are read twice are said once.

    Attributes:
        sheet: the cells.
        made: tables that are made of expressions.
    """

    def __init__(self) -> None:
        """Without any."""
        self.sheet, self.made = Sheet(), dict[str, Rows]()
        self._known: dict[ops.Relation, Rows] = {}
        self._read: set[str] = set()

    def make(self, name: str, node: ops.Relation) -> None:
        """From now on a table is what a relation is."""
        self.made[name] = self.rows(node)
        if name in self._read:
            self._known.clear()

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
        """The rows of a table as it is now."""
        self._read.add(node.name)
        made = self.made.get(node.name)
        return _given(self.sheet, node) if made is None else _in_types(self.sheet, made, node.schema)

    def values(self, parent: ops.Relation) -> Values:
        """Values over the rows of a relation."""
        rows = self.rows(parent)
        return Values(self.sheet, lambda field: rows.column(field.name), rows.size, moment=lambda: moment_in(self.sheet, {parent: rows}))


def _given(sheet: Sheet, node: ops.UnboundTable) -> Rows:
    size = sheet.given(node.name, None, int, None)

    def column(name: str) -> Cell:
        if name == ops.RowID.name and name not in node.schema:
            return sheet.of(_numbered, size)
        wanted = type_of(node.schema[name])
        return sheet.given(node.name, name, lambda given: cast_to(given, wanted), wanted)

    return Rows(size, column)


def _numbered(size: int) -> pa.Array:
    """The numbers of rows, from 0."""
    return pa.array(np.arange(size))


def _in_types(sheet: Sheet, rows: Rows, schema: Schema) -> Rows:
    return Rows(rows.size, lambda name: converted(sheet, rows.column(name), type_of(schema[name])), rows.key)


def _project(question: Question, node: ops.Project) -> Rows:
    values, rows = question.values(node.parent), question.rows(node.parent)
    made = Rows(rows.size, lambda name: values.column(node.values[name]), renamed(node.values, node.parent, rows.key))
    listed = [name for name, value in node.values.items() if isinstance(value, ops.Unnest)]
    return _unfolded(question, node, made, listed, values) if listed else made


def _unfolded(question: Question, node: ops.Project, rows: Rows, listed: Sequence[str], values: Values) -> Rows:
    """A row for each item of the lists of a column."""
    if len(listed) > 1:
        raise UnsupportedError("items of several lists side by side")
    of = values.spread(node.values[listed[0]].arg)
    others = chosen(question.sheet, rows, question.sheet.of(repeated, of))
    return Rows(others.size, lambda name: question.sheet.of(items, of) if name in listed else others.column(name))


def _filter(question: Question, node: ops.Filter) -> Rows:
    rows = question.rows(node.parent)
    return replace(chosen(question.sheet, rows, where(question.values(node.parent), node.predicates)), key=rows.key)


def _parent(question: Question, node: ops.DropColumns | ops.JoinReference | ops.SelfReference | ops.AliasedRelation) -> Rows:
    return question.rows(node.parent)


def _aggregate(question: Question, node: ops.Aggregate) -> Rows:
    values, rows = question.values(node.parent), question.rows(node.parent)
    keys = {name: values.column(key) for name, key in node.groups.items()}
    groups = question.sheet.of(grouped, rows.size, *keys.values())
    size = question.sheet.of(_count, groups)
    firsts = question.sheet.of(_first, groups)
    told = values.over_groups(groups, size, firsts, node.groups.values())
    first = chosen(question.sheet, Rows(rows.size, keys.__getitem__), firsts)
    key = next(iter(keys)) if len(keys) == 1 else ""
    return Rows(size, lambda name: first.column(name) if name in keys else told.column(node.metrics[name]), key)


def _count(groups: Groups) -> int:
    return groups.count


def _first(groups: Groups) -> pa.Array:
    return groups.first


def _distinct(question: Question, node: ops.Distinct) -> Rows:
    return _once(question, question.rows(node.parent), node.schema.names)


def _once(question: Question, rows: Rows, names: Sequence[str]) -> Rows:
    """Each row once; null is the same as null."""
    groups = question.sheet.of(grouped, rows.size, *[rows.column(name) for name in names])
    return chosen(question.sheet, rows, question.sheet.of(_first, groups))


def _union(question: Question, node: ops.Union) -> Rows:
    both = _stacked(question, node)
    return _once(question, both, node.schema.names) if node.distinct else both


def _difference(question: Question, node: ops.Difference) -> Rows:
    if not node.distinct:
        raise UnsupportedError("a difference that counts rows")
    both = _stacked(question, node)
    groups = question.sheet.of(grouped, both.size, *[both.column(name) for name in node.schema.names])
    return chosen(question.sheet, both, question.sheet.of(_only_above, groups, question.rows(node.left).size))


def _stacked(question: Question, node: ops.Set) -> Rows:
    """The rows of one relation above those of another."""
    above, below = question.rows(node.left), question.rows(node.right)

    def column(name: str) -> Cell:
        wanted = type_of(node.schema[name])
        cells = (above.column(name), below.column(name))
        return question.sheet.of(lambda *parts: concatenated([cast_to(p, wanted) for p in parts]), *cells, key=("stacked", wanted))

    return Rows(question.sheet.of(add, above.size, below.size), column)


def _only_above(groups: Groups, size: int) -> pa.Array:
    """The first rows of the groups that have rows among so many first ones, and no others."""
    is_below = np.zeros(groups.count, np.bool_)
    is_below[groups.of[size:]] = True
    return groups.first.filter(pa.array(~is_below))


def _sort(question: Question, node: ops.Sort) -> Rows:
    values = question.values(node.parent)
    ups = tuple((key.ascending, key.nulls_first) for key in node.keys)
    keys = [values.column(key.arg) for key in node.keys]
    return chosen(question.sheet, question.rows(node.parent), question.sheet.of(partial(sorted_rows, ups=ups), *keys, key=("sorted", ups)))


def _limit(question: Question, node: ops.Limit) -> Rows:
    rows = question.rows(node.parent)
    begin, many = int(node.offset), None if node.n is None else int(node.n)

    def within(size: int) -> pa.Array:
        return places(np.arange(begin, size if many is None else min(size, begin + many)))

    return chosen(question.sheet, rows, question.sheet.of(within, rows.size, key=("within", begin, many)))


def _join(question: Question, node: ops.JoinChain) -> Rows:
    joined = (node.first, *(link.table for link in node.rest))
    return join(question.sheet, node, {relation: question.rows(relation) for relation in joined})


_RELATIONS: dict[type[ops.Relation], Callable[[Question, Any], Rows]] = {
    ops.UnboundTable: Question.table,
    ops.JoinReference: _parent,
    ops.SelfReference: _parent,
    ops.AliasedRelation: _parent,
    ops.Project: _project,
    ops.Filter: _filter,
    ops.DropColumns: _parent,
    ops.JoinChain: _join,
    ops.Aggregate: _aggregate,
    ops.Distinct: _distinct,
    ops.Union: _union,
    ops.Difference: _difference,
    ops.Sort: _sort,
    ops.Limit: _limit,
}
