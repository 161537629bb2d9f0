"""How a value moves while nothing happens: it stays, grows by the second, or jumps at a known instant.

A value that moves is kept as a fraction of two straight lines, each a value now and a change per second; sums, products and quotients of
such values mostly are such fractions again. What is not, is taken to change at any second.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, assert_never

import ibis

from patron.features.feature import Ages, Daily, Follows, Slides, Still
from patron.kernel.time import SECONDS_PER_DAY, literal
from patron.segments import tree as t
from patron.segments.expression import Scope, feature_value, value
from patron.segments.terms import edge_of, slides
from patron.segments.words import column_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

Line = tuple["ir.FloatingValue", ...]
"""A value now and, if it moves, its change per second; empty for the number 1 below a fraction."""


@dataclass(frozen=True, slots=True)
class Age:
    """Whole seconds from, or to, an instant, in days, over a number of days: known so exactly that its flips can be told to the second."""

    since: ir.TimestampValue
    per: ir.FloatingValue | None = None
    is_until: bool = False


@dataclass(frozen=True, slots=True)
class Course:
    """How a value moves.

    Attributes:
        over: the upper line of the fraction.
        under: the lower line.
        edges: instants at which it may jump; null when it will not.
        is_restless: it may change with any second, nobody can say how.
        age: set when it is nothing but an age.
    """

    over: Line
    under: Line = ()
    edges: tuple[ir.TimestampValue, ...] = ()
    is_restless: bool = False
    age: Age | None = None

    @property
    def moves(self) -> bool:
        """Whether it changes by the second."""
        return self.is_restless or len(self.over) > 1 or len(self.under) > 1


def course(node: t.Value, scope: Scope) -> Course:
    """How a value of a condition moves."""
    match node:
        case t.Name(name):
            return _feature(name, scope)
        case t.DaysSince():
            return _ageing(value(node, scope), Age(scope.row[column_of(node)]))
        case t.Tally():
            edges = (scope.row[edge_of(node)],) if slides(node) else ()
            return Course((_number(value(node, scope)),), edges=edges)
        case t.Sum():
            return _sum(node, scope)
        case t.Number() | t.Statistic() | t.Bucket():
            return Course((_number(value(node, scope)),))
        case t.Text() | t.Truth() | t.Day() | t.Moment():
            return _still()
        case _:
            assert_never(node)


def combined(operator: t.Arithmetic, left: Course, right: Course) -> Course:
    """How the sum, difference, product or quotient of two values moves."""
    match operator:
        case "+" | "-":
            over = _added(_times(left.over, right.under), _times(right.over, left.under), minus=operator == "-")
            under = _times(left.under, right.under)
        case "*":
            over, under = _times(left.over, right.over), _times(left.under, right.under)
        case "/":
            over, under = _times(left.over, right.under), _times(left.under, right.over)
    is_bent = len(over) > 2 or len(under) > 2
    return Course(over[:2], under[:2], (*left.edges, *right.edges), left.is_restless or right.is_restless or is_bent)


def _feature(name: str, scope: Scope) -> Course:
    feature = scope.catalog[name]
    now = feature_value(name, scope.row, scope.catalog, scope.facts)
    if not now.type().is_numeric():
        return Course((_one(),), edges=_edges(name, scope), is_restless=_is_restless(name, scope))
    if isinstance(feature.changes, Ages):
        ages = feature.changes
        per = feature_value(ages.per, scope.row, scope.catalog, scope.facts).cast("float64") if ages.per else None
        edges = _edges(ages.per, scope) if ages.per else ()
        restless = bool(ages.per) and _is_restless(ages.per, scope)
        return _ageing(now, Age(scope.row[ages.since], per, ages.until), (*edges, *_edges(ages.since, scope)), is_restless=restless)
    return Course((_number(now),), edges=_edges(name, scope), is_restless=_is_restless(name, scope))


def _ageing(now: ir.NumericValue, age: Age, edges: tuple[ir.TimestampValue, ...] = (), *, is_restless: bool = False) -> Course:
    a_second = ibis.literal((-1.0 if age.is_until else 1.0) / SECONDS_PER_DAY)
    slope = a_second if age.per is None else a_second / age.per.nullif(ibis.literal(0.0))
    return Course((_number(now), slope), (), edges, is_restless, age)


def _edges(name: str, scope: Scope) -> tuple[ir.TimestampValue, ...]:
    """The instants at which a feature, or one that it follows, may jump."""
    changes = scope.catalog[name].changes if name in scope.catalog else Still()
    match changes:
        case Still() | Ages():
            return ()
        case Slides(edge):
            return (scope.row[edge],)
        case Daily():
            return (next_midnight(scope),)
        case Follows(features):
            return tuple(edge for feature in features for edge in _edges(feature, scope))
        case _:
            assert_never(changes)


def _is_restless(name: str, scope: Scope) -> bool:
    """Whether a feature follows one that ages, by a rule that only the feature knows."""
    changes = scope.catalog[name].changes if name in scope.catalog else Still()
    if not isinstance(changes, Follows):
        return False
    return any(isinstance(scope.catalog[f].changes, Ages) or _is_restless(f, scope) for f in changes.features if f in scope.catalog)


def next_midnight(scope: Scope) -> ir.TimestampValue:
    """The next beginning of a day in the shop, as a literal."""
    calendar = scope.facts.shop.calendar
    return literal(calendar.midnight(calendar.day_of(scope.facts.as_of) + timedelta(days=1)))


def _sum(node: t.Sum, scope: Scope) -> Course:
    left, right = course(node.left, scope), course(node.right, scope)
    if value(node.left, scope).type().is_timestamp():
        return Course((_number(value(node, scope)),), (), (*left.edges, *right.edges), left.is_restless or right.is_restless)
    return combined(node.operator, left, right)


def _still() -> Course:
    return Course((_one(),))


def _one() -> ir.FloatingValue:
    return ibis.literal(1.0)


def _number(of: ir.Value) -> ir.FloatingValue:
    return of.cast("float64")


def _times(one: Line, other: Line) -> Line:
    if not one or not other:
        return one or other
    found: list[ir.FloatingValue | None] = [None] * (len(one) + len(other) - 1)
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            known = found[i + j]
            found[i + j] = a * b if known is None else known + a * b
    return tuple(f for f in found if f is not None)


def _added(one: Line, other: Line, *, minus: bool) -> Line:
    turned = tuple(-b for b in other) if minus else other
    longer, shorter = (one, turned) if len(one) >= len(turned) else (turned, one)
    return (*(a + b for a, b in zip(longer, shorter, strict=False)), *longer[len(shorter) :])
