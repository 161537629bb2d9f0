"""A condition as an expression over one row of features: the only one there is; preview, membership, export and explanation run it.

An unknown value makes a comparison false, so no condition is ever unknown itself, and `not` of it is then true.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, assert_never

import ibis

from patron.kernel.ids import SEPARATOR, hash63
from patron.kernel.money import exponent
from patron.kernel.time import days_between, literal, parse_instant
from patron.segments import tree as t
from patron.segments.words import column_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import ibis.expr.types as ir

    from patron.facts.as_of import Facts
    from patron.features.feature import Feature
    from patron.kernel.time import Calendar

BUYERS = frozenset({"frequency", "money", "basket", "prices", "returns"})
"""Families in which a customer without an order is no part of the population: their zeros would only dilute it."""

BUCKETS = 1_000_000

COMPARED: Mapping[t.Comparison, Callable[[ir.Value, ir.Value], ir.BooleanValue]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
TURNED: Mapping[t.Comparison, t.Comparison] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a condition is worked out over.

    Attributes:
        row: features, joined with the terms, ranks of groups and nearest centres that conditions need.
        catalog: features by name.
        facts: the shop and the instant the answer is for.
        stats: the statistics of the population, by `words.column_of`; one that is missing or null is unknown.
    """

    row: ir.Table
    catalog: Mapping[str, Feature]
    facts: Facts
    stats: Mapping[str, object]


def inside(slug: str) -> str:
    """The column that says whether a customer is in a segment, once it has been worked out."""
    return f"in_{slug}"


def condition(node: t.Condition, scope: Scope) -> ir.BooleanValue:
    """Whether a customer meets a condition; never null."""
    match node:
        case t.All(items):
            return reduce(and_, [condition(item, scope) for item in items])
        case t.Any(items):
            return reduce(or_, [condition(item, scope) for item in items])
        case t.Not(item):
            return ~condition(item, scope)
        case t.AtLeast(count, items):
            met = [condition(item, scope).cast("int64") for item in items]
            return reduce(lambda a, b: a + b, met) >= count
        case t.Constant(is_met):
            return ibis.literal(is_met)
        case _:
            return _leaf(node, scope).fill_null(False)


def _leaf(node: t.Leaf, scope: Scope) -> ir.BooleanValue:
    match node:
        case t.Compare(left, operator, right):
            return _compared(left, operator, right, scope)
        case t.OneOf(subject, options, is_negated):
            found = value(subject, scope).isin([_constant(option, scope) for option in options])
            return ~found if is_negated else found
        case t.TextMatch(test, feature, text):
            return _text_match(scope.row[feature], test, text)
        case t.Known(feature):
            return scope.row[feature].notnull()
        case t.Claim(feature):
            return scope.row[feature]
        case t.Ranked():
            return _ranked(node, scope)
        case t.InSegment(slug):
            return scope.row[inside(slug)]
        case t.InCluster(centroids, number):
            return _has_any(centroids.features, scope) & (scope.row[column_of(node)] == number)
        case t.InList() | t.Moved() | t.Consent() | t.Sequence():
            return scope.row[column_of(node)].notnull()
        case _:
            assert_never(node)


def value(node: t.Value, scope: Scope) -> ir.Value:
    """The value that a node has for a customer; null where it is unknown. Amounts are in minor units."""
    match node:
        case t.Number() | t.Text() | t.Truth():
            return ibis.literal(_constant(node, scope))
        case t.Day(day):
            return literal(scope.facts.shop.calendar.midnight(day))
        case t.Moment(text):
            return literal(parse_instant(text, scope.facts.shop.calendar))
        case t.Name(name):
            return feature_value(name, scope.row, scope.catalog, scope.facts)
        case t.Sum():
            return _sum(node, scope)
        case t.Statistic():
            return statistic(node, scope)
        case t.Bucket(salt):
            name = ibis.literal(salt + SEPARATOR) + scope.row.customer_id.cast("string")
            return (hash63(name) % BUCKETS).cast("float64") / ibis.literal(float(BUCKETS))
        case t.DaysSince():
            return days_between(scope.facts.now, scope.row[column_of(node)])
        case t.Tally(aggregation="count" | "distinct" | "sum"):
            return scope.row[column_of(node)].fill_null(0)
        case t.Tally():
            return scope.row[column_of(node)]
        case _:
            assert_never(node)


def feature_value(name: str, row: ir.Table, catalog: Mapping[str, Feature], facts: Facts) -> ir.Value:
    """A feature as conditions see it: quantities as floats, unit prices in minor units like other money."""
    match catalog[name].kind:
        case "quantity":
            return row[name].cast("float64")
        case "price":
            return row[name].cast("float64") * 10.0 ** exponent(facts.shop.currency)
        case _:
            return row[name]


def statistic(node: t.Statistic | t.Ranked, scope: Scope) -> ir.Value:
    """A statistic of the population as a literal."""
    found = scope.stats.get(column_of(node))
    if found is None:  # unknown, but no literal null: a comparison with that asks whether the other side is null
        return ibis.literal(0.0).nullif(ibis.literal(0.0))
    return ibis.literal(int(found), type="int64") if isinstance(found, int) else ibis.literal(float(str(found)), type="float64")


def is_counted(feature: Feature, row: ir.Table, catalog: Mapping[str, Feature]) -> ir.BooleanValue:
    """Whether a customer belongs to the population that a feature's average, percentiles and ranks are taken over.

    Customers for whom the feature is known; for features of orders (`BUYERS`), customers who have ordered.
    """
    known, *bought = (row[column] for column in counted_by(feature, catalog))
    return reduce(and_, [(count > 0).fill_null(False) for count in bought], known.notnull())


def counted_by(feature: Feature, catalog: Mapping[str, Feature]) -> tuple[str, ...]:
    """The columns that `is_counted` reads: the feature, and for features of orders their number."""
    return (feature.name, "order_count") if feature.family in BUYERS and "order_count" in catalog else (feature.name,)


def seconds(span: int | timedelta) -> ir.IntervalScalar:
    """A length of time as an interval of tables."""
    return ibis.interval(seconds=int(span.total_seconds()) if isinstance(span, timedelta) else span)


def edge(text: str, calendar: Calendar) -> datetime:
    """The instant that `since` or `before` says."""
    return parse_instant(text, calendar)


def _constant(node: t.Number | t.Text | t.Truth, scope: Scope) -> float | str | bool:
    if not isinstance(node, t.Number):
        return node.value
    if not node.is_money:
        return node.value
    minor = Decimal(str(node.value)).scaleb(exponent(scope.facts.shop.currency))
    return int(minor) if minor == minor.to_integral_value() else float(minor)


def _sum(node: t.Sum, scope: Scope) -> ir.Value:
    left, right = value(node.left, scope), value(node.right, scope)
    if left.type().is_timestamp():
        return days_between(left, right)
    first, second = left.cast("float64"), right.cast("float64")
    match node.operator:
        case "+":
            return first + second
        case "-":
            return first - second
        case "*":
            return first * second
        case "/":
            return first / second.nullif(ibis.literal(0.0))


def _compared(left: t.Value, operator: t.Comparison, right: t.Value, scope: Scope) -> ir.BooleanValue:
    if isinstance(left, t.Day):
        left, operator, right = right, TURNED[operator], left
    subject = value(left, scope)
    if not isinstance(right, t.Day):
        return COMPARED[operator](subject, value(right, scope))
    if subject.type().is_date():
        return COMPARED[operator](subject, ibis.literal(right.value))
    return _on_day(subject, operator, right, scope)


def _on_day(subject: ir.TimestampValue, operator: t.Comparison, day: t.Day, scope: Scope) -> ir.BooleanValue:
    """An instant compared with a whole day of the shop: after it means after its end."""
    calendar = scope.facts.shop.calendar
    begins, ends = literal(calendar.midnight(day.value)), literal(calendar.midnight(day.value + timedelta(days=1)))
    match operator:
        case "<":
            return subject < begins
        case "<=":
            return subject < ends
        case ">":
            return subject >= ends
        case ">=":
            return subject >= begins
        case "==":
            return (subject >= begins) & (subject < ends)
        case "!=":
            return (subject < begins) | (subject >= ends)


def _text_match(text: ir.StringValue, test: t.TextTest, wanted: str) -> ir.BooleanValue:
    match test:
        case "contains":
            return text.lower().contains(wanted.lower())
        case "starts_with":
            return text.lower().startswith(wanted.lower())
        case "ends_with":
            return text.lower().endswith(wanted.lower())


def _has_any(features: Iterable[str], scope: Scope) -> ir.BooleanValue:
    """Whether anything is known to compare: a customer without an order is not like others by how they order."""
    return reduce(or_, [is_counted(scope.catalog[name], scope.row, scope.catalog) for name in features])


def _ranked(node: t.Ranked, scope: Scope) -> ir.BooleanValue:
    """Among the highest or lowest: at the cut-off or beyond, and of the population that was ranked."""
    subject = feature_value(node.feature, scope.row, scope.catalog, scope.facts)
    cut = scope.row[column_of(node)] if node.within else statistic(node, scope)
    beyond = subject >= cut if node.is_top else subject <= cut
    return beyond & is_counted(scope.catalog[node.feature], scope.row, scope.catalog)
