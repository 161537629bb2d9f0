# ruff: noqa: C901, PLR0911, PLR0912  (a closed match has a branch for each kind of node)
"""The language once more, for one person and in plain Python: what the expressions must agree with. Only tests use it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

from patron.kernel.ids import derived
from patron.segments import tree as t
from segments.world import CATALOG, naive

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_BUYERS = {"frequency", "money", "basket", "prices", "returns"}
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b, "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}  # fmt: skip


@dataclass(frozen=True)
class Interpreter:
    """Answers for one population as of an instant; rows are features, events are per customer."""

    rows: Sequence[Mapping[str, Any]]
    events: Mapping[int, Sequence[Mapping[str, Any]]]
    as_of: datetime
    conditions: Mapping[str, t.Condition]

    def members(self, slug: str) -> set[int]:
        return {row["customer_id"] for row in self.rows if self.meets(self.conditions[slug], row)}

    def meets(self, node: t.Condition, row: Mapping[str, Any]) -> bool:
        match node:
            case t.All(items):
                return all(self.meets(item, row) for item in items)
            case t.Any(items):
                return any(self.meets(item, row) for item in items)
            case t.Not(item):
                return not self.meets(item, row)
            case t.AtLeast(count, items):
                return sum(self.meets(item, row) for item in items) >= count
            case t.Constant(value):
                return value
            case t.Compare(left, operator, right):
                first, second = self.value(left, row), self.value(right, row)
                return first is not None and second is not None and _OPERATORS[operator](first, second)
            case t.OneOf(value, options, is_negated):
                found = self.value(value, row)
                return found is not None and (found in [self.value(o, row) for o in options]) != is_negated
            case t.Known(feature):
                return row[feature] is not None
            case t.Claim(feature):
                return row[feature] is True
            case t.TextMatch(test, feature, text):
                subject = row[feature]
                tests = {"contains": str.__contains__, "starts_with": str.startswith, "ends_with": str.endswith}
                return subject is not None and bool(tests[test](subject.lower(), text.lower()))
            case t.Ranked():
                return self._ranked(node, row)
            case t.InSegment(slug):
                return self.meets(self.conditions[slug], row)
            case t.Sequence():
                return bool(self.completed(node, row))
        raise AssertionError(node)

    def value(self, node: t.Value, row: Mapping[str, Any]) -> Any:
        match node:
            case t.Number(value, is_money):
                return value * 100 if is_money else value
            case t.Text(value) | t.Truth(value):
                return value
            case t.Name(name):
                return float(row[name]) if row[name] is not None and CATALOG[name].kind == "quantity" else row[name]
            case t.Sum(operator, left, right):
                return _sum(operator, self.value(left, row), self.value(right, row))
            case t.Statistic():
                return self._statistic(node)
            case t.Bucket(salt):
                return derived(salt, str(row["customer_id"])) % 1_000_000 / 1_000_000
            case t.Tally(events, aggregation, column):
                found = [e if not column else e.get(column) for e in self._happened(events, row)]
                return _tally(aggregation, [f for f in found if f is not None])
            case t.DaysSince(events):
                at = [e["occurred_at"] for e in self._happened(events, row)]
                seconds = int(self.as_of.timestamp()) - int(max(at).replace(tzinfo=self.as_of.tzinfo).timestamp()) if at else 0
                return seconds / 86_400.0 if at else None
        raise AssertionError(node)

    def completed(self, node: t.Sequence, row: Mapping[str, Any]) -> list[datetime]:
        """When each complete sequence began, by looking at every event in turn."""
        groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
        for i, event in enumerate(self.events.get(row["customer_id"], ())):
            key = tuple(event.get(c) for c in node.same)
            if None not in key and self._within(node.window, event):
                groups.setdefault(key, []).append({**event, "id": i})
        return [began for group in groups.values() for began in self._begun(node, group)]

    def _begun(self, node: t.Sequence, group: list[Mapping[str, Any]]) -> list[datetime]:
        chains = [(e, e["occurred_at"]) for e in group if _matches(node.steps[0].events, e)]
        for number in range(1, len(node.steps)):
            step, before = node.steps[number], node.steps[number - 1]
            if step.is_absent:
                continue
            previous = node.steps[number - 2] if before.is_absent else before
            found = []
            for event in (e for e in group if _matches(step.events, e)):
                candidates = [
                    (at, began) for (chained, began) in chains
                    if _after(event, chained, is_strict=step.events.kind == previous.events.kind) and (at := chained)
                ]  # fmt: skip
                if not candidates:
                    continue
                last, began = max(candidates, key=lambda c: (c[0]["occurred_at"], c[1]))
                latest = max(c[0]["occurred_at"] for c in candidates)
                same = [c[0] for c in candidates if c[0]["occurred_at"] == latest]
                if before.is_absent and all(self._intrudes(before, previous, c, event["occurred_at"], group) for c in same):
                    continue
                if node.within is None or event["occurred_at"] < began + timedelta(seconds=node.within):
                    found.append((event, began))
                assert last
            chains = found
        if node.steps[-1].is_absent:
            chains = [c for c in chains if self._stayed_away(node, c, group)]
        return [began for _, began in chains]

    def _intrudes(
        self, absent: t.Happening, after: t.Happening, chained: Mapping[str, Any], until: datetime | None, group: list[Any]
    ) -> bool:
        strict = absent.events.kind == after.events.kind
        later = [e for e in group if _matches(absent.events, e) and _after(e, chained, is_strict=strict)]
        return any(until is None or e["occurred_at"] < until for e in later)

    def _stayed_away(self, node: t.Sequence, chain: tuple[Mapping[str, Any], datetime], group: list[Any]) -> bool:
        until = None if node.within is None else chain[1] + timedelta(seconds=node.within)
        is_over = until is None or until <= naive(self.as_of)
        return is_over and not self._intrudes(node.steps[-1], node.steps[-2], chain[0], until, group)

    def _happened(self, events: t.Events, row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        mine = self.events.get(row["customer_id"], ())
        return [e for e in mine if _matches(events, e) and self._within(events.window, e)]

    def _within(self, window: t.Window, event: Mapping[str, Any]) -> bool:
        now = naive(self.as_of)
        if event["occurred_at"] >= now:
            return False
        return window.last is None or bool(event["occurred_at"] >= now - timedelta(seconds=window.last))

    def _population(self, name: str) -> list[float]:
        counted = [r for r in self.rows if self._is_counted(name, r)]
        return sorted(self.value(t.Name(name), r) for r in counted)

    def _is_counted(self, name: str, row: Mapping[str, Any]) -> bool:
        return row[name] is not None and (CATALOG[name].family not in _BUYERS or (row["order_count"] or 0) > 0)

    def _statistic(self, node: t.Statistic) -> float | None:
        known = self._population(node.feature)
        if not known:
            return None
        match node.kind:
            case "average":
                return sum(known) / len(known)
            case "typical":
                return median(known)
            case "percentile":
                return known[max(1, math.ceil(node.rank * len(known) - 1e-9)) - 1]

    def _ranked(self, node: t.Ranked, row: Mapping[str, Any]) -> bool:
        rows = [r for r in self.rows if not node.within or (r[node.within] is not None and r[node.within] == row[node.within])]
        known = Interpreter(rows, {}, self.as_of, {})._population(node.feature)
        if not known or not self._is_counted(node.feature, row) or (node.within and row[node.within] is None):
            return False
        wanted = node.count or max(1, math.ceil((node.share or 0) * len(known) - 1e-9))
        value = self.value(t.Name(node.feature), row)
        return bool(value >= known[-min(wanted, len(known))] if node.is_top else value <= known[min(wanted, len(known)) - 1])


def _matches(events: t.Events, event: Mapping[str, Any]) -> bool:
    return event["kind"] == events.kind and all(event.get(f.column) in f.options for f in events.filters)


def _after(event: Mapping[str, Any], other: Mapping[str, Any], *, is_strict: bool) -> bool:
    if is_strict:
        return bool((event["occurred_at"], event["id"]) > (other["occurred_at"], other["id"]))
    return bool(event["occurred_at"] >= other["occurred_at"])


def _sum(operator: str, left: Any, right: Any) -> float | None:
    if left is None or right is None:
        return None
    first, second = float(left), float(right)
    match operator:
        case "+":
            return first + second
        case "-":
            return first - second
        case "*":
            return first * second
    return None if second == 0 else first / second


def _tally(aggregation: str, found: list[Any]) -> Any:
    match aggregation:
        case "count":
            return len(found)
        case "distinct":
            return len(set(found))
        case "sum":
            return sum(found)
    if not found:
        return None
    match aggregation:
        case "average":
            return sum(found) / len(found)
        case "smallest":
            return min(found)
    return max(found)
