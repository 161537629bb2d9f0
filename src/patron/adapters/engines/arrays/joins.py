"""Joins as cells: rows of several relations that stand beside each other."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

import ibis.expr.operations as ops

from patron.adapters.engines.arrays import matching
from patron.adapters.engines.arrays.columns import type_of
from patron.adapters.engines.arrays.rows import Rows, Values, chosen, converted, moment_in, where
from patron.kernel.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from patron.adapters.engines.arrays.cells import Cell, Sheet

    Beside = Mapping[ops.Relation, Rows]

_LEFT, _RIGHT = itemgetter(0), itemgetter(1)
_ONE_SIDED = {"semi": matching.on_left, "anti": matching.not_on_left}
_WITH_OTHERS = {"left": matching.with_left, "outer": matching.with_both}


def join(sheet: Sheet, node: ops.JoinChain, of: Mapping[ops.Relation, Rows]) -> Rows:
    """The rows of a chain of joins, from those of the relations that it joins.

    Raises:
        UnsupportedError: there is no such join here.
    """
    beside: Beside = {node.first: of[node.first]}
    key = of[node.first].key
    for link in node.rest:
        key = key if _repeats_none(link, of[link.table]) else ""
        beside = _joined(sheet, link, beside, of[link.table])
    values = _values(sheet, beside)
    return Rows(values.size, lambda name: values.column(node.values[name]), renamed(node.values, node.first, key))


def renamed(values: Mapping[str, ops.Value], of: ops.Relation, key: str) -> str:
    """What a column of a relation is called among the values over it; empty where it is not among them."""
    return next((name for name, value in values.items() if isinstance(value, ops.Field) and value.rel == of and value.name == key), "")


def _joined(sheet: Sheet, link: ops.JoinLink, beside: Beside, other: Rows) -> Beside:
    """Rows that stand beside each other, with those of one more table."""
    size = _values(sheet, beside).size
    if link.how == "cross" or not link.predicates:
        return _paired(sheet, link, beside, other, sheet.of(matching.every, size, other.size))
    left, right, conditions = _keys(sheet, link, beside, other)
    if link.how in _ONE_SIDED and not conditions:
        there = sheet.of(matching.found if link.how == "semi" else matching.not_found, left, right)
        return _kept(sheet, beside, there)
    is_unique = sheet.of(matching.always) if _is_by_key(link, other) else sheet.of(matching.is_unique, right)
    if link.how == "left" and not conditions:
        return _paired(sheet, link, beside, other, sheet.of(matching.same_or_alone, left, right, is_unique))
    pairs = sheet.of(matching.same, left, right, is_unique)
    if conditions:
        pairs = sheet.of(matching.those, pairs, where(_values(sheet, _paired(sheet, link, beside, other, pairs)), conditions))
    if link.how in _ONE_SIDED:
        return _kept(sheet, beside, sheet.of(_ONE_SIDED[link.how], pairs, size))
    if link.how in _WITH_OTHERS:
        pairs = sheet.of(_WITH_OTHERS[link.how], pairs, size, other.size)
    elif link.how != "inner":
        raise UnsupportedError(f"a {link.how} join")
    return _paired(sheet, link, beside, other, pairs)


def _repeats_none(link: ops.JoinLink, other: Rows) -> bool:
    """Whether every row so far is there once at most after the join."""
    return link.how in _ONE_SIDED or (link.how in {"left", "inner"} and _is_by_key(link, other))


def _is_by_key(link: ops.JoinLink, other: Rows) -> bool:
    """Whether the table that joins others does so by a column that has no value twice."""
    same = [p for p in link.predicates if isinstance(p, ops.Equals) and p.left.dtype == p.right.dtype]
    sides = [side for predicate in same for side in (predicate.left, predicate.right)]
    return bool(other.key) and any(isinstance(s, ops.Field) and s.rel == link.table and s.name == other.key for s in sides)


def _kept(sheet: Sheet, beside: Beside, places: Cell) -> dict[ops.Relation, Rows]:
    return {relation: chosen(sheet, rows, places) for relation, rows in beside.items()}


def _paired(sheet: Sheet, link: ops.JoinLink, beside: Beside, other: Rows, pairs: Cell) -> dict[ops.Relation, Rows]:
    left, right = sheet.of(_LEFT, pairs), sheet.of(_RIGHT, pairs)
    return _kept(sheet, beside, left) | {link.table: chosen(sheet, other, right)}


def _keys(sheet: Sheet, link: ops.JoinLink, beside: Beside, other: Rows) -> tuple[Cell, Cell, list[ops.Value]]:
    """The keys on both sides, which must be the same, and other conditions."""
    before, after = _values(sheet, beside), _values(sheet, {link.table: other})
    same, conditions = [], []
    for predicate in link.predicates:
        sides = _sides(predicate, beside, link.table)
        same.extend([sides] if sides else [])
        conditions.extend([] if sides else [predicate])
    if not same:
        raise UnsupportedError("a join without a key")
    lefts = [before.column(left) for left, _ in same]
    rights = [converted(sheet, after.column(right), type_of(left.dtype)) for left, right in same]
    if len(same) == 1:
        return lefts[0], rights[0], conditions
    keys = sheet.of(matching.one_key, *lefts, *rights)
    return sheet.of(_LEFT, keys), sheet.of(_RIGHT, keys), conditions


def _sides(predicate: ops.Value, beside: Collection[ops.Relation], table: ops.Relation) -> tuple[ops.Value, ops.Value] | None:
    """The value of the rows so far and that of the table that joins them, of which a predicate says that they are the same."""
    if isinstance(predicate, ops.Equals):
        for left, right in ((predicate.left, predicate.right), (predicate.right, predicate.left)):
            if _reads(left, beside) and _reads(right, {table}):
                return left, right
    return None


def _reads(node: ops.Value, of: Collection[ops.Relation]) -> bool:
    """Whether a value reads some relations and no others."""
    fields = node.find(ops.Field, filter=ops.Value)
    return bool(fields) and all(field.rel in of for field in fields)


def _values(sheet: Sheet, beside: Beside) -> Values:
    """Values over rows that stand beside each other."""
    size = next(iter(beside.values())).size
    return Values(sheet, lambda field: beside[field.rel].column(field.name), size, moment=lambda: moment_in(sheet, beside))
