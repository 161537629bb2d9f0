"""Why a customer is in a segment, or is not: each part of the condition with its value, its threshold, and what they were made from.

One expression works out every value and every part's truth for the customers asked about, from the same columns as the membership; `and`,
`or` and `not` are then folded over one row, so what is explained is what is the case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, assert_never

import ibis

from patron.segments import expression as e
from patron.segments import tree as t
from patron.segments.events import events_in
from patron.segments.telling import Figure, figure
from patron.segments.words import column_of, said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import ibis.expr.types as ir

    from patron.segments.plan import Plan

Joint = Literal["all", "any", "not", "at_least", "everybody", "leaf"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a condition and whether the customer meets it.

    Attributes:
        joint: how its parts are joined; leaf for one that has none.
        text: the part in the language.
        is_met: whether it is true.
        parts: what it is made of.
        count: how many parts must be true, for at_least.
        operator: how a leaf compares its first figure with its second; empty when it does not compare.
        figures: for a leaf its value, its threshold, and then whatever those were worked out from.
        is_unknown: whether a leaf is false because a value is unknown.
        segment: for a leaf that asks for another segment, its slug; its reason stands beside this one.
    """

    joint: Joint
    text: str
    is_met: bool
    parts: tuple[Reason, ...] = ()
    count: int = 0
    operator: str = ""
    figures: tuple[Figure, ...] = ()
    is_unknown: bool = False
    segment: str = ""

    def as_json(self) -> dict[str, object]:
        """For programs."""
        found: dict[str, object] = {"joint": self.joint, "text": self.text, "is_met": self.is_met}
        if self.parts:
            found["parts"] = [part.as_json() for part in self.parts]
        if self.joint == "at_least":
            found["count"] = self.count
        if self.joint == "leaf":
            found |= {"operator": self.operator, "figures": [f.as_json() for f in self.figures], "is_unknown": self.is_unknown}
            found["segment"] = self.segment or None
        return found

    def lines(self, depth: int = 0) -> list[str]:
        """For people: a line for each part, those of a joint further in."""
        mark = "yes" if self.is_met else "no "
        indent = "  " * depth
        if not self.parts:
            notes = [f.line() for f in self.figures]
            unknown = ["unknown, so the comparison is false"] if self.is_unknown else []
            tail = "; ".join([*notes, *unknown])
            return [f"{indent}{mark}  {self.text}" + (f"   ({tail})" if tail else "")]
        heads = {"all": "all of", "any": "any of", "not": "not", "at_least": f"at least {self.count} of"}
        return [f"{indent}{mark}  {heads.get(self.joint, '')}", *(line for part in self.parts for line in part.lines(depth + 1))]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one customer is in a segment or not.

    Attributes:
        slug: the segment.
        customer_id: the customer.
        is_member: whether the customer is in it.
        reason: its condition, unfolded.
        segments: the conditions of the segments that it refers to, directly or not.
        waiting: fact tables that the segment waits for; nobody is in it until they are loaded.
        left_out: parts that nobody can meet yet, because their facts are not loaded.
    """

    slug: str
    customer_id: int
    is_member: bool
    reason: Reason
    segments: Mapping[str, Reason]
    waiting: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {
            "segment": self.slug,
            "is_member": self.is_member,
            "reason": self.reason.as_json(),
            "segments": {slug: reason.as_json() for slug, reason in self.segments.items()},
            "waiting": list(self.waiting),
            "left_out": list(self.left_out),
        }

    def lines(self) -> list[str]:
        """For people."""
        if self.waiting:
            return [f"no   {self.slug} is waiting for {' and '.join(self.waiting)}"]
        found = [f"{'yes' if self.is_member else 'no '}  in_segment({self.slug})", *self.reason.lines(1)]
        for slug, reason in self.segments.items():
            found += [f"{'yes' if reason.is_met else 'no '}  in_segment({slug})", *reason.lines(1)]
        return [*found, *(f"not asked yet, its facts are not loaded: {text}" for text in self.left_out)]


def explain_query(plan: Plan, slug: str, stats: Mapping[str, object], customers: Sequence[int] | None = None) -> ir.Table:
    """One row per customer asked about: customer_id and a column per value and part of the condition, for `explanation`.

    Args:
        plan: with the segment.
        slug: the segment.
        stats: the row of `plan.statistics`.
        customers: their ids; None for everybody.

    Raises:
        InputError: there is no such segment.
    """
    row = plan.worked_out(stats)
    if customers is not None:
        row = row.filter(row.customer_id.isin(list(customers)))
    scope = e.Scope(row, plan.catalog, plan.facts, stats)
    cells = _Cells.of(plan, slug)
    values = {f"v{i}": _shown(node, scope) for i, node in enumerate(cells.values)}
    truths = {f"t{i}": e.condition(leaf, scope) for i, leaf in enumerate(cells.leaves)}
    return row.select("customer_id", **values, **truths)


def explanation(plan: Plan, slug: str, row: Mapping[str, object]) -> Explanation:
    """A row of `explain_query`, folded.

    Args:
        plan: the same.
        slug: the same.
        row: one row by column name.
    """
    cells = _Cells.of(plan, slug)
    folding = _Folding(plan, cells, row)
    reasons = {s: folding.reason(condition) for s, condition in cells.conditions.items()}
    asked = dict.fromkeys(said(leaf) for leaf in t.leaves(plan.checked.conditions[slug]))
    known = {said(leaf) for leaf in t.leaves(cells.conditions[slug])}
    waiting = plan.waiting.get(slug, ())
    return Explanation(
        slug,
        int(str(row["customer_id"])),
        reasons[slug].is_met,
        reasons[slug],
        {s: reason for s, reason in reasons.items() if s != slug},
        waiting,
        () if waiting else tuple(text for text in asked if text not in known),
    )


def evidence(plan: Plan, slug: str, customer: int, *, limit: int = 5) -> ir.Table | None:
    """The latest events that a segment's condition asks about: text (the part of the condition), kind, occurred_at; None without any.

    Args:
        plan: with the segment.
        slug: the segment.
        customer: whose events.
        limit: at most so many for each part.
    """
    asked: dict[t.Events, str] = {}
    for condition in _Cells.of(plan, slug).conditions.values():
        for term in t.terms(condition):
            match term:
                case t.Tally(events) | t.DaysSince(events):
                    asked.setdefault(events, said(term))
                case t.Sequence(steps, window=window):
                    for step in steps:
                        asked.setdefault(t.Events(step.events.kind, step.events.filters, window), said(term))
                case _:
                    pass
    tables = []
    for events, text in asked.items():
        rows = events_in([events], plan.facts)
        such = rows.filter(rows.customer_id == customer).select("occurred_at")
        tables.append(such.order_by(such.occurred_at.desc()).limit(limit).mutate(text=ibis.literal(text), kind=ibis.literal(events.kind)))
    ordered = [table.select("text", "kind", "occurred_at") for table in tables]
    return None if not ordered else (ordered[0] if len(ordered) == 1 else ibis.union(*ordered, distinct=False))


@dataclass(frozen=True, slots=True)
class _Cells:
    """What the query works out: the conditions to be explained, their leaves, and all values in them."""

    conditions: Mapping[str, t.Condition]
    leaves: tuple[t.Leaf, ...]
    values: tuple[t.Value | t.Leaf, ...]

    @classmethod
    def of(cls, plan: Plan, slug: str) -> _Cells:
        conditions = {s: plan.conditions[s] for s in reversed(plan.checked.only([slug]).slugs)}
        leaves = tuple(dict.fromkeys(leaf for condition in conditions.values() for leaf in t.leaves(condition)))
        values = dict.fromkeys(v for leaf in leaves for v in _told(leaf))
        return cls(conditions, leaves, tuple(values))


def _told(leaf: t.Leaf) -> tuple[t.Value | t.Leaf, ...]:
    """The values that a leaf is explained with: its sides first, then what they were worked out from."""
    match leaf:
        case t.Compare() | t.OneOf() | t.TextMatch() | t.Known() | t.Claim():
            inner = [v for v in t.values(leaf) if not isinstance(v, t.Number | t.Text | t.Truth | t.Day | t.Moment)]
            sides = [leaf.left, leaf.right] if isinstance(leaf, t.Compare) else []
            return tuple(dict.fromkeys([*sides, *inner]))
        case t.Ranked(feature=feature, within=within):
            return (t.Name(feature), leaf, *((t.Name(within),) if within else ()))
        case t.InCluster(centroids):
            return (leaf, *(t.Name(feature) for feature in centroids.features))
        case t.InList() | t.Moved() | t.Consent() | t.Sequence():
            return (leaf,)
        case t.InSegment():
            return ()
        case _:
            assert_never(leaf)


def _shown(node: t.Value | t.Leaf, scope: e.Scope) -> ir.Value:
    match node:
        case t.Ranked():
            return scope.row[column_of(node)] if node.within else e.statistic(node, scope)
        case t.InCluster() | t.InList() | t.Moved() | t.Consent() | t.Sequence():
            return scope.row[column_of(node)]
        case t.Compare() | t.OneOf() | t.TextMatch() | t.Known() | t.Claim() | t.InSegment():
            return e.condition(node, scope)
        case _:
            return e.value(node, scope)


@dataclass(frozen=True, slots=True)
class _Folding:
    plan: Plan
    cells: _Cells
    row: Mapping[str, object]

    def reason(self, node: t.Condition) -> Reason:
        match node:
            case t.All(items):
                parts = tuple(self.reason(item) for item in items)
                return Reason("all", said(node), all(p.is_met for p in parts), parts)
            case t.Any(items):
                parts = tuple(self.reason(item) for item in items)
                return Reason("any", said(node), any(p.is_met for p in parts), parts)
            case t.AtLeast(count, items):
                parts = tuple(self.reason(item) for item in items)
                return Reason("at_least", said(node), sum(p.is_met for p in parts) >= count, parts, count)
            case t.Not(item):
                part = self.reason(item)
                return Reason("not", said(node), not part.is_met, (part,))
            case t.Constant(is_met):
                return Reason("everybody", said(node), is_met)
            case _:
                return self._leaf(node)

    def _leaf(self, leaf: t.Leaf) -> Reason:
        told = _told(leaf)
        figures = tuple(figure(v, self.row[f"v{self.cells.values.index(v)}"], self.plan) for v in told)
        sides = figures[:2] if isinstance(leaf, t.Compare | t.Ranked) else figures[:1]
        asks = isinstance(leaf, t.Compare | t.OneOf | t.TextMatch | t.Claim | t.Ranked)
        is_unknown = asks and any(f.value is None for f in sides)
        segment = leaf.slug if isinstance(leaf, t.InSegment) else ""
        is_met = bool(self.row[f"t{self.cells.leaves.index(leaf)}"])
        shown = tuple(f for f in figures if not f.is_literal)
        return Reason("leaf", said(leaf), is_met, (), 0, _operator(leaf), shown, is_unknown, segment)


def _operator(leaf: t.Leaf) -> str:
    match leaf:
        case t.Compare(operator=operator):
            return operator
        case t.OneOf(is_negated=is_negated):
            return "not in" if is_negated else "in"
        case t.Ranked(is_top=is_top):
            return ">=" if is_top else "<="
        case _:
            return ""
