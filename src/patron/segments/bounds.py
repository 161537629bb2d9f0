"""Conditions that nobody can meet, and those that everybody does: no mistake of form, but hardly what was meant."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Literal

from patron.features.feature import Ages
from patron.kernel.problems import Problem
from patron.segments import tree as t
from patron.segments.words import said

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from patron.features.feature import Feature
    from patron.segments.grammar import Source

Verdict = Literal["nobody", "everybody"]
_EXPECTED: Mapping[Verdict, str] = {
    "nobody": "a condition that somebody can meet", "everybody": "a condition that somebody may not meet",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Span:
    """Numbers from `low` to `high`; `open_` ends do not belong to it."""

    low: float = -inf
    high: float = inf
    open_low: bool = False
    open_high: bool = False

    @property
    def is_empty(self) -> bool:
        return self.low > self.high or (self.low == self.high and (self.open_low or self.open_high))

    def meet(self, other: _Span) -> _Span:
        low, open_low = max((self.low, self.open_low), (other.low, other.open_low))
        high, closed_high = min((self.high, not self.open_high), (other.high, not other.open_high))
        return _Span(low, high, open_low, not closed_high)

    def holds(self, other: _Span) -> bool:
        return self.meet(other) == other


def warned(condition: t.Condition, catalog: Mapping[str, Feature], source: Source) -> tuple[Problem, ...]:
    """A warning for each smallest part that nobody or everybody meets."""
    finder = _Finder(catalog, source, [])
    finder.verdict(condition)
    return tuple(finder.warnings)


@dataclass(frozen=True, slots=True)
class _Finder:
    catalog: Mapping[str, Feature]
    source: Source
    warnings: list[Problem]

    def verdict(self, node: t.Condition) -> Verdict | None:
        match node:
            case t.All(items):
                return self._joined(node, items, "nobody", "everybody")
            case t.Any(items):
                return self._joined(node, items, "everybody", "nobody")
            case t.Not(item):
                verdict = self.verdict(item)
                return None if verdict is None else ("nobody" if verdict == "everybody" else "everybody")
            case t.AtLeast(_, items):
                for item in items:
                    self.verdict(item)
                return None
            case t.Constant(value):
                return self._note(node, "everybody" if value else "nobody")
            case t.Compare():
                return self._comparison(node)
            case _:
                return None

    def _note(self, node: t.Condition, verdict: Verdict, hint: str = "") -> Verdict:
        self.warnings.append(Problem(self.source.place(node.at), said(node), _EXPECTED[verdict], hint))
        return verdict

    def _joined(self, node: t.All | t.Any, items: tuple[t.Condition, ...], one: Verdict, every: Verdict) -> Verdict | None:
        verdicts = [self.verdict(item) for item in items]
        if one in verdicts:
            return one
        if all(v == every for v in verdicts):
            return every
        if any(isinstance(item, t.Not) and item.item in items for item in items):
            return self._note(node, one)
        clash = self._clash(items) if isinstance(node, t.All) else self._cover(items)
        return None if clash is None else self._note(node, one, f"{clash} is compared twice")

    def _comparison(self, node: t.Compare) -> Verdict | None:
        found = _bounded(node)
        if found is None:
            return None
        subject, span = found
        natural = self._natural(subject)
        if natural == _Span():
            return None
        if node.operator != "!=" and natural.meet(span).is_empty:
            return self._note(node, "nobody", f"{said(subject)} is {_told(natural)}")
        if node.operator != "!=" and span.holds(natural):
            return self._note(node, "everybody", f"{said(subject)} is {_told(natural)}")
        return None

    def _natural(self, value: t.Value) -> _Span:
        match value:
            case t.Name(name):
                feature = self.catalog[name]
                if feature.kind == "share":
                    return _Span(0, 1)
                if feature.kind == "count" or (isinstance(feature.changes, Ages) and not feature.changes.until):
                    return _Span(low=0)
            case t.Tally(aggregation="count" | "distinct") | t.DaysSince():
                return _Span(low=0)
            case t.Bucket():
                return _Span(0, 1, open_high=True)
        return _Span()

    def _clash(self, items: tuple[t.Condition, ...]) -> str | None:
        """What two conditions say things about that cannot both be."""
        spans: dict[str, _Span] = {}
        choices: dict[str, set[object]] = {}
        for item in items:
            for subject, span in _spans(item):
                spans[subject] = spans.get(subject, _Span()).meet(span)
            for subject, options in _options(item):
                choices[subject] = choices.get(subject, options) & options
        empty = [subject for subject, span in spans.items() if span.is_empty]
        return next(iter([*empty, *(subject for subject, left in choices.items() if not left)]), None)

    def _cover(self, items: tuple[t.Condition, ...]) -> str | None:
        """What one of two conditions is always true of."""
        found = [pair for item in items for pair in _spans(item)]
        for subject, span in found:
            for other, rest in found:
                meets = rest.low < span.high or (rest.low == span.high and not (rest.open_low and span.open_high))
                if subject == other and span.low == -inf and rest.high == inf and meets:
                    return subject
        return None


_TURNED: Mapping[t.Comparison, t.Comparison] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def _bounded(node: t.Condition) -> tuple[t.Value, _Span] | None:
    """What a comparison with a number is about, and the span it allows."""
    match node:
        case t.Compare(t.Number(value), operator, subject):
            operator = _TURNED[operator]
        case t.Compare(subject, operator, t.Number(value)):
            pass
        case _:
            return None
    match operator:
        case "<" | "<=":
            return subject, _Span(high=value, open_high=operator == "<")
        case ">" | ">=":
            return subject, _Span(low=value, open_low=operator == ">")
        case "==":
            return subject, _Span(value, value)
    return subject, _Span()


def _spans(item: t.Condition) -> Iterator[tuple[str, _Span]]:
    parts = item.items if isinstance(item, t.All) else (item,)
    for part in parts:
        found = _bounded(part)
        if found is not None and found[1] != _Span():
            yield said(found[0]), found[1]


def _options(item: t.Condition) -> Iterator[tuple[str, set[object]]]:
    match item:
        case t.Compare(subject, "==", t.Text(text)) | t.Compare(t.Text(text), "==", subject):
            yield said(subject), {text}
        case t.OneOf(subject, options, False):
            yield said(subject), {option.value for option in options}


def _told(span: _Span) -> str:
    return "never below 0" if span.high == inf else f"from {span.low:g} to {'below ' if span.open_high else ''}{span.high:g}"
