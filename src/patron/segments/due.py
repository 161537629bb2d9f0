"""When a membership can next change while nothing happens, so that it is worked out anew then and not before.

The instant given is the first at which the answer may differ: at every instant after as of and before it the answer is the same, and it is
always later than as of. It may be too early (a sum of two moving values is taken a second early), never too late. For one comparison of an
age with something that stays (`days_since_last_order > 30`, `lateness > 2`) it is exact: just before it the comparison is as it was, at it,
it has flipped. Ages count whole seconds, so they flip at whole seconds; windows hold a fact until exactly their length after it, and have
lost it a microsecond later.

Cut-offs of the population (averages, tops) are those of the last refresh and count as still.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, NamedTuple, assert_never

import ibis

from patron.features.feature import AHEAD_DAYS, Ages, Slides
from patron.kernel.sharing import shared
from patron.kernel.time import SECONDS_PER_DAY, literal, seconds_between
from patron.segments import tree as t
from patron.segments.assignment import in_whole_days, is_told_ahead, next_day, stays
from patron.segments.course import Age, Course, combined, course
from patron.segments.expression import COMPARED, TURNED, Scope, condition, statistic, value
from patron.segments.terms import edge_of, last_edge_of, slides
from patron.segments.words import column_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import ibis.expr.types as ir

    from patron.segments.assignment import Centroids
    from patron.segments.plan import Plan

_INSTANT = "timestamp(6)"
_FAR = 4e9  # seconds: beyond a hundred years nobody is due
_BEGINNING, _NEVER = (literal(datetime(year, 1, 1, tzinfo=UTC)) for year in (1, 9999))
_AROUND = (-1, 0, 1, 2)  # seconds around a crossing among which the flip is


def due_table(plan: Plan, stats: Mapping[str, object], *, grain: int = 1) -> ir.Table:
    """One row per customer: customer_id, and due_at, the first instant at which one of the memberships may differ; null for never.

    Args:
        plan: the segments.
        stats: the row of `plan.statistics`.
        grain: seconds after which a feature is looked at again that changes with time in a way only it knows (one that `Follows` an age).
            1 is exact; more is cheaper, and such a condition can be late by as much.
    """
    scope = Scope(plan.worked_out(stats), plan.catalog, plan.facts, stats)
    found = [_Conditions(scope, grain).told(node).due for node in plan.conditions.values()]
    row, instants = shared(scope.row, [due for due in found if due is not None])
    return row.select("customer_id", due_at=_or_null(_earliest(instants)))


def due_at(condition: t.Condition, scope: Scope, *, others: Mapping[str, t.Condition] | None = None, grain: int = 1) -> ir.TimestampValue:
    """The first instant after as of at which a condition may differ for a row of `scope`; null for never.

    Args:
        condition: checked.
        scope: features with their edges, terms, statistics, and the instant that they are for.
        others: conditions of the segments that it refers to.
        grain: as in `due_table`.
    """
    return _or_null(_Conditions(scope, grain, others or {}).told(condition).due)


class _Told(NamedTuple):
    """Whether a condition, or a part of one, is met, and the first instant at which that may differ; None, or `_NEVER`, if at none."""

    is_met: ir.BooleanValue
    due: ir.TimestampValue | None


@dataclass(frozen=True, slots=True)
class _Conditions:
    """When conditions may differ, by what they are made of.

    What asks for all of its parts and is not met stays so until each part that is not met may differ: whoever has never ordered need not be
    looked at when a window ends that only counts for those who have. What asks for any of them and is met stays so likewise.

    Attributes:
        scope: as in `due_at`.
        grain: as in `due_table`.
        others: conditions of segments that are referred to; of those that are not here it is known otherwise when they differ.
    """

    scope: Scope
    grain: int
    others: Mapping[str, t.Condition] = field(default_factory=dict)

    def told(self, node: t.Condition) -> _Told:
        """Of a condition."""
        is_met = condition(node, self.scope)
        match node:
            case t.All(items):
                return _Told(is_met, _of_all([self.told(item) for item in items]))
            case t.Any(items):  # met, unless all are not
                return _Told(is_met, _of_all([_Told(~part.is_met, part.due) for part in map(self.told, items)]))
            case t.Not(item):
                return _Told(is_met, self.told(item).due)
            case t.AtLeast(_, items):
                return _Told(is_met, _earliest([due for item in items if (due := self.told(item).due) is not None]))
            case t.Constant():
                return _Told(is_met, None)
            case t.InSegment(slug) if slug in self.others:
                return _Told(is_met, self.told(self.others[slug]).due)
            case _:
                instants = list({instant.op(): instant for instant in _Leaf(self.scope, self.grain).instants(node)}.values())
                return _Told(is_met, _earliest([instant.fill_null(_NEVER) for instant in instants]))


def _of_all(parts: Sequence[_Told]) -> ir.TimestampValue | None:
    """When it may differ whether all parts are met: with any of them if they are; if not, when each that is not may have differed."""
    moving = [(part.is_met, part.due) for part in parts if part.due is not None]
    match moving:
        case []:
            return None
        case [(_, only)]:
            due = only
        case _:
            latest = ibis.greatest(*(ibis.ifelse(is_met, _BEGINNING, due) for is_met, due in moving))
            due = ibis.ifelse(reduce(and_, [is_met for is_met, _ in moving]), _earliest([due for _, due in moving]), latest)
    still = [part.is_met for part in parts if part.due is None]
    return ibis.ifelse(reduce(and_, still), due, _NEVER) if still else due


def _earliest(found: Sequence[ir.TimestampValue]) -> ir.TimestampValue | None:
    match found:
        case []:
            return None
        case [only]:
            return only
        case _:
            return ibis.least(*found)


def _or_null(due: ir.TimestampValue | None) -> ir.TimestampValue:
    return ibis.null(_INSTANT) if due is None else due.nullif(_NEVER)


@dataclass(frozen=True, slots=True)
class _Leaf:
    scope: Scope
    grain: int

    def instants(self, leaf: t.Leaf) -> Iterable[ir.TimestampValue]:
        """Instants at which a leaf may flip; each null, or after as of."""
        match leaf:
            case t.Compare(left, operator, right):
                return self._compared(left, operator, right)
            case t.OneOf(subject, options):
                moving = course(subject, self.scope)
                ends = [self._compared(subject, "==", option) for option in options] if moving.moves else []
                return [*self._edges(moving.edges), *(instant for end in ends for instant in end)]
            case t.Ranked():
                return self._ranked(leaf)
            case t.TextMatch(feature=feature) | t.Claim(feature):
                return self._jumps(course(t.Name(feature), self.scope))
            case t.Known(feature):
                return self._edges(course(t.Name(feature), self.scope).edges)
            case t.InCluster(centroids):
                return self._placed(centroids)
            case t.Moved() | t.Sequence():
                return self._edges((self.scope.row[edge_of(leaf)],)) if slides(leaf) else []
            case t.InSegment() | t.InList() | t.Consent():
                return []
            case _:
                assert_never(leaf)

    def _compared(self, left: t.Value, operator: t.Comparison, right: t.Value) -> list[ir.TimestampValue]:
        first, second = course(left, self.scope), course(right, self.scope)
        if first.age is None and (second.age is not None or (self._falls(right) and not self._falls(left))):
            left, first, operator, right, second = right, second, TURNED[operator], left, first
        if first.age is not None and not (first.is_restless or second.moves):
            exact = self._exact(first, first.age, operator, value(right, self.scope))
            return [*self._edges(first.edges), *self._edges(second.edges), exact]
        if self._falls(left) and not (second.moves or second.edges):
            return self._fallen(left, operator, right)
        return self._crossings(first, second)

    def _fallen(self, left: t.Value, operator: t.Comparison, right: t.Value) -> list[ir.TimestampValue]:
        """When a value that only falls may fall across one that stays: at no instant if it is below."""
        if isinstance(left, t.Tally) and left.aggregation == "count" and _asks_for_any(operator, right):
            return self._edges((self.scope.row[last_edge_of(left)],))
        return self._falling(left, value(right, self.scope), is_within=operator in {">", "<="})

    def _falling(self, node: t.Value, mark: ir.NumericValue, *, is_within: bool = False) -> list[ir.TimestampValue]:
        """When a value that only falls may fall to a mark that stays or below it, or with `is_within` from above it to it.

        Where it is known what it will be in some days, and that is above the mark still, nobody has to look until then.
        """
        here, found = value(node, self.scope), self._edges(course(node, self.scope).edges)
        changes = self.scope.catalog[node.name].changes if isinstance(node, t.Name) else None
        if isinstance(changes, Slides) and changes.ahead:
            ahead, until = self.scope.row[changes.ahead], self._days_ahead
            stays = (ahead > mark) | (ahead == here)
            found = [ibis.ifelse(stays & (instant < until), until, instant) for instant in found]
        is_below = here <= mark if is_within else here < mark
        return [ibis.ifelse(is_below, ibis.null(_INSTANT), instant) for instant in found]

    @property
    def _days_ahead(self) -> ir.TimestampValue:
        return self._in_seconds(ibis.literal(AHEAD_DAYS * SECONDS_PER_DAY))

    def _falls(self, node: t.Value) -> bool:
        """Whether a value never grows while no fact arrives, but falls at known instants."""
        match node:
            case t.Name(name):
                changes = self.scope.catalog[name].changes
                return isinstance(changes, Slides) and changes.falls
            case t.Tally(_, aggregation):
                return slides(node) and aggregation in {"count", "distinct"}
            case _:
                return False

    def _crossings(self, left: Course, right: Course) -> list[ir.TimestampValue]:
        """When the greater of two values may become the smaller."""
        apart = combined("-", left, right)
        found = self._edges(apart.edges)
        if apart.is_restless:
            return [*found, self._in_seconds(ibis.literal(self.grain))]
        return [*found, *(self._around(_crossing(line)) for line in (apart.over, left.under, right.under) if len(line) > 1)]

    def _ranked(self, leaf: t.Ranked) -> list[ir.TimestampValue]:
        cut = self.scope.row[column_of(leaf)] if leaf.within else statistic(leaf, self.scope)
        group = self._jumps(course(t.Name(leaf.within), self.scope)) if leaf.within else []
        ranked = t.Name(leaf.feature)
        if self._falls(ranked):
            return [*self._falling(ranked, cut), *group]
        return [*self._crossings(course(ranked, self.scope), Course((cut.cast("float64"),))), *group]

    def _placed(self, centroids: Centroids) -> list[ir.TimestampValue]:
        """Instants at which a customer may be nearer to another centre."""
        catalog, moving = self.scope.catalog, {name: course(t.Name(name), self.scope) for name in centroids.features}
        ahead = [name for name in moving if is_told_ahead(catalog[name]) and not moving[name].is_restless]
        found = [instant for name in moving if name not in ahead for instant in self._jumps(moving[name])]
        if not ahead:
            return found
        far = self._stays_until(centroids, ahead)
        for name in ahead:
            changes = catalog[name].changes
            if isinstance(changes, Ages):
                found += self._edges(moving[name].edges)
                steps = self._edges((next_day(changes, self.scope.row, self.scope.facts.now),))
            else:
                steps = self._edges(moving[name].edges)
            found += [ibis.ifelse(far.isnull(), step, ibis.null(_INSTANT)) for step in steps]
        return [*found, far]

    def _stays_until(self, centroids: Centroids, ahead: Collection[str]) -> ir.TimestampValue:
        """Until when whole days alone surely bring a customer nearer to no other centre; null where the next of them may."""
        row, catalog, now = self.scope.row, self.scope.catalog, self.scope.facts.now
        here = {name: in_whole_days(name, row, catalog, now) for name in centroids.features}
        later = {name: in_whole_days(name, row, catalog, now, ahead=True) for name in ahead}
        return ibis.ifelse(stays(here, here | later, centroids), self._days_ahead, ibis.null(_INSTANT))

    def _jumps(self, moving: Course) -> list[ir.TimestampValue]:
        """Instants of something that is not compared with a number: its edges, or soon when it moves."""
        soon = [self._in_seconds(ibis.literal(self.grain))] if moving.moves else []
        return [*self._edges(moving.edges), *soon]

    def _edges(self, edges: Iterable[ir.TimestampValue]) -> list[ir.TimestampValue]:
        """Edges after as of; one that has passed already, which none should, counts as the next second."""
        now = self.scope.facts.now
        return [ibis.cases((edge > now, edge), (edge.notnull(), self._in_seconds(ibis.literal(1)))) for edge in edges]

    def _around(self, crossing: ir.FloatingValue) -> ir.TimestampValue:
        """A second before a crossing, or the next second when that is closer."""
        second = crossing.floor().cast("int64")
        is_ahead = second + _AROUND[-1] >= 1
        kept = ibis.greatest(second + _AROUND[0], ibis.literal(1))
        return self._in_seconds(ibis.ifelse(is_ahead, kept, ibis.null("int64")))

    def _exact(self, subject: Course, age: Age, operator: t.Comparison, threshold: ir.NumericValue) -> ir.TimestampValue:
        """The very second at which an age passes a threshold: the first around the crossing at which the comparison has flipped.

        Where the feature is not worked out as its age says, a second early will do.
        """
        crossing = _crossing((subject.over[0] - threshold.cast("float64"), subject.over[1]))
        base = crossing.floor().cast("int64")
        is_met = COMPARED[operator]
        before = is_met(self._age_in(age, ibis.literal(0)), threshold)
        flips = [
            ((base + step >= 1) & (is_met(self._age_in(age, base + step), threshold) != before), self._in_seconds(base + step))
            for step in _AROUND
        ]
        is_as_told = self._age_in(age, ibis.literal(0)) == subject.over[0]
        return ibis.ifelse(is_as_told, ibis.cases(*flips, else_=ibis.null(_INSTANT)), self._around(crossing))

    def _age_in(self, age: Age, seconds: ir.IntegerValue) -> ir.FloatingValue:
        """The age so many seconds after as of, worked out as the feature is."""
        now = self.scope.facts.now
        passed = seconds_between(age.since, now) - seconds if age.is_until else seconds_between(now, age.since) + seconds
        days = passed.cast("float64") / ibis.literal(float(SECONDS_PER_DAY))
        return days if age.per is None else days / age.per.nullif(ibis.literal(0.0))

    def _in_seconds(self, seconds: ir.IntegerValue) -> ir.TimestampValue:
        """The whole second so many after that of as of."""
        return self.scope.facts.now.truncate("s") + seconds.as_interval("s")


def _asks_for_any(operator: t.Comparison, number: t.Value) -> bool:
    """Whether a count is compared so that only none and some make a difference."""
    return isinstance(number, t.Number) and number.value == (1 if operator in {">=", "<"} else 0)


def _crossing(line: tuple[ir.FloatingValue, ...]) -> ir.FloatingValue:
    """After how many seconds a line is at 0, a lifetime at most; null when it is level."""
    seconds = -line[0] / line[1].nullif(ibis.literal(0.0))
    return ibis.ifelse(seconds.abs() < _FAR, seconds, ibis.null("float64"))
