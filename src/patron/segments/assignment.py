"""Which learned centre a customer's features are nearest to: an expression, so that every engine gives the answer that was learned.

Ages count in whole days here: nearness is no straight line, so when it changes cannot be told exactly. The next whole day can, and whether
all of some days leave a customer nearest to the same centre (`stays`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING

import ibis

from patron.features.feature import AHEAD_DAYS, Ages, Slides
from patron.kernel.time import SECONDS_PER_DAY, seconds_between

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import ibis.expr.types as ir

    from patron.features.feature import Feature

_CLEARLY = 1e-6  # more than the rounding of distances


@dataclass(frozen=True, slots=True)
class Axis:
    """How a feature becomes a coordinate: (f(value) - centre) / spread, kept within ±limit.

    Attributes:
        feature: the feature; where it is unknown the coordinate is 0, the typical customer's.
        is_log: whether f is the signed logarithm of 1 + |value|, for amounts and counts with long tails.
        centre: the typical value after f.
        spread: the spread after f; above 0.
        limit: beyond this a coordinate counts as this, so that one giant customer is no group.
    """

    feature: str
    is_log: bool
    centre: float
    spread: float
    limit: float = 4.0


@dataclass(frozen=True, slots=True)
class Centroids:
    """Learned centres: one row per cluster, one coordinate per axis."""

    axes: tuple[Axis, ...]
    points: tuple[tuple[float, ...], ...]

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the features that place a customer."""
        return tuple(axis.feature for axis in self.axes)


def coordinate(value: ir.NumericValue, axis: Axis) -> ir.FloatingValue:
    """A feature's value on its axis."""
    number = value.cast("float64")
    if axis.is_log:
        size = (number.abs() + 1.0).ln()
        number = ibis.ifelse(number < 0.0, -size, size)
    scaled = (number - axis.centre) / ibis.literal(axis.spread, type="float64")
    kept = ibis.greatest(ibis.least(scaled, ibis.literal(axis.limit)), ibis.literal(-axis.limit))
    return ibis.ifelse(value.isnull(), ibis.literal(0.0), kept)


def in_whole_days(
    name: str, row: ir.Table, catalog: Mapping[str, Feature], now: ir.TimestampValue, *, ahead: bool = False
) -> ir.NumericValue:
    """A feature's value as it places a customer, or will `AHEAD_DAYS` later if no fact arrives.

    Args:
        name: of the feature.
        row: the customer's features.
        catalog: the features.
        now: the instant that they are for.
        ahead: whether it is the later one; only where `is_told_ahead`.
    """
    changes, later = catalog[name].changes, AHEAD_DAYS if ahead else 0
    if isinstance(changes, Slides) and changes.ahead and ahead:
        value = row[changes.ahead]
    elif isinstance(changes, Ages):
        days = _days(changes, row, now) + float(-later if changes.until else later)
        value = days / row[changes.per].cast("float64").nullif(ibis.literal(0.0)) if changes.per else days
    else:
        return row[name]
    return ibis.ifelse(row[name].isnull(), ibis.null("float64"), value)


def is_told_ahead(feature: Feature) -> bool:
    """Whether it is known what a feature will be in some days, until when it goes one way."""
    return isinstance(feature.changes, Ages) or (isinstance(feature.changes, Slides) and bool(feature.changes.ahead))


def placed_by(feature: Feature) -> tuple[str, ...]:
    """The features that `in_whole_days` reads for one."""
    ages = feature.changes
    return (feature.name, ages.since, *([ages.per] if ages.per else ())) if isinstance(ages, Ages) else (feature.name,)


def next_day(ages: Ages, row: ir.Table, now: ir.TimestampValue) -> ir.TimestampValue:
    """When an age is another whole number of days."""
    days, second = _days(ages, row, now).cast("int64"), row[ages.since].truncate("s")
    if ages.until:
        return second - (days * SECONDS_PER_DAY - 1).as_interval("s")
    return second + ((days + 1) * SECONDS_PER_DAY).as_interval("s")


def assigned(values: Mapping[str, ir.NumericValue], centroids: Centroids) -> ir.IntegerValue:
    """The number of the nearest centre, from 0; of two equally near, the first.

    Args:
        values: of the features of the axes, by `in_whole_days`.
        centroids: the centres.

    Notes:
        Distances are rounded so that engines, which may add in another order, choose the same.
    """
    place = [coordinate(values[axis.feature], axis) for axis in centroids.axes]
    distances = [_distance(place, point) for point in centroids.points]
    nearest = ibis.least(*distances) if len(distances) > 1 else distances[0]
    return ibis.cases(
        *[(d == nearest, ibis.literal(i, type="int64")) for i, d in enumerate(distances)], else_=ibis.literal(0, type="int64")
    )


def stays(now: Mapping[str, ir.NumericValue], later: Mapping[str, ir.NumericValue], centroids: Centroids) -> ir.BooleanValue:
    """Whether one centre is the nearest wherever each axis stands between two values, whichever moves first.

    Args:
        now: values of the features of the axes, by `in_whole_days`.
        later: the same, later.
        centroids: the centres.

    Notes:
        How much nearer one centre is than another is linear in every coordinate, so it is least at one of the two values of each.
    """
    both = [(coordinate(now[axis.feature], axis), coordinate(later[axis.feature], axis)) for axis in centroids.axes]
    spans = [(ibis.least(*ends), ibis.greatest(*ends)) for ends in both]
    nearest = [[_nearer_by(spans, point, other) > _CLEARLY for other in centroids.points if other != point] for point in centroids.points]
    return reduce(or_, (reduce(and_, by, ibis.literal(value=True)) for by in nearest))


def _nearer_by(
    spans: Sequence[tuple[ir.FloatingValue, ir.FloatingValue]], point: Sequence[float], other: Sequence[float]
) -> ir.FloatingValue:
    """By how much, in squares, a point is at least nearer than another one."""
    least = ibis.literal(sum(o * o - p * p for p, o in zip(point, other, strict=True)), type="float64")
    for (low, high), p, o in zip(spans, point, other, strict=True):
        if p != o:
            least += 2.0 * (p - o) * (low if p > o else high)
    return least


def _days(ages: Ages, row: ir.Table, now: ir.TimestampValue) -> ir.FloatingValue:
    passed = seconds_between(row[ages.since], now) if ages.until else seconds_between(now, row[ages.since])
    return (passed.cast("float64") / float(SECONDS_PER_DAY)).floor().cast("float64")


def _distance(place: list[ir.FloatingValue], point: tuple[float, ...]) -> ir.FloatingValue:
    total = ibis.literal(0.0)
    for value, centre in zip(place, point, strict=True):
        apart = value - centre
        total = total + apart * apart
    return total.round(9)
