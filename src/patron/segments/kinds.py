"""Whether a condition makes sense: every name is known, and every value is compared with one of its own kind.

What comes back is the same tree with amounts marked as money: `net_revenue > 500` means 500 pounds, not 500 pence.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from patron.kernel.errors import InvariantError
from patron.kernel.problems import Problem, did_you_mean
from patron.segments import tree as t
from patron.segments.grammar import Source
from patron.segments.streams import Stream, stream_of
from patron.segments.words import said

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from patron.features.feature import Feature
    from patron.kernel.tables import Kind

ValueKind = Literal["number", "money", "text", "flag", "instant", "date", "id"]

_KINDS: Mapping[Kind, ValueKind] = {
    "id": "id", "text": "text", "count": "number", "number": "number", "quantity": "number", "price": "money", "money": "money",
    "mean_money": "money", "share": "number", "flag": "flag", "instant": "instant", "date": "date",
}  # fmt: skip
_PHRASES: Mapping[ValueKind, str] = {
    "number": "a number", "money": "money", "text": "text", "flag": "true or false", "instant": "a date and time", "date": "a date",
    "id": "an id",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names that conditions may use.

    Attributes:
        features: the catalog.
        slugs: segments.
        lists: static lists, or None when any name will do.
    """

    features: Mapping[str, Feature]
    slugs: Collection[str] = ()
    lists: Collection[str] | None = None

    def visible(self) -> list[str]:
        """Names of the features that people may use."""
        return [name for name, feature in self.features.items() if not feature.hidden]


def meant(condition: t.Condition, vocabulary: Vocabulary, source: Source) -> tuple[t.Condition, tuple[Problem, ...]]:
    """The condition with amounts marked, and all problems of names and kinds."""
    checker = _Checker(vocabulary, source)
    marked = checker.condition(condition)
    return marked, tuple(checker.problems)


def kind_of(node: t.Value, features: Mapping[str, Feature]) -> ValueKind:
    """What a value of a checked condition is."""
    checker = _Checker(Vocabulary(features), Source("", ""))
    kind = checker.kind(node)
    if kind is None:
        raise InvariantError(f"{said(node)} was not checked.")
    return kind


@dataclass(slots=True)
class _Checker:
    vocabulary: Vocabulary
    source: Source
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, at: int, found: str, expected: str, hint: str = "") -> None:
        self.problems.append(Problem(self.source.place(at), found, expected, hint))

    def condition(self, node: t.Condition) -> t.Condition:
        match node:
            case t.All(items):
                return replace(node, items=tuple(self.condition(item) for item in items))
            case t.Any(items) | t.AtLeast(_, items):
                return replace(node, items=tuple(self.condition(item) for item in items))
            case t.Not(item):
                return replace(node, item=self.condition(item))
            case t.Compare():
                return self._compare(node)
            case t.OneOf():
                return self._one_of(node)
            case t.Constant():
                return node
            case _:
                return self._named(node)

    def _named(self, node: t.Condition) -> t.Condition:
        """Leaves that name features, segments, lists or events."""
        match node:
            case t.Claim(feature, at=at):
                self._claim(feature, at)
            case t.Known(feature, at=at):
                self._feature(feature, at)
            case t.TextMatch(feature=feature, at=at):
                self._expect(feature, at, ("text",), "text")
            case t.Ranked(feature=feature, within=within, at=at):
                self._expect(feature, at, ("number", "money"), "a number or money")
                if within:
                    self._expect(within, at, ("text", "flag", "number"), "text, to rank apart for each of its values")
            case t.InSegment(slug, at=at) | t.Moved(slug=slug, at=at):
                self._segment(slug, at)
            case t.InList(name, at=at) if self.vocabulary.lists is not None and name not in self.vocabulary.lists:
                self.refuse(at, name, "a list of this project", did_you_mean(name, self.vocabulary.lists))
            case t.InCluster(centroids, at=at):
                for name in centroids.features:
                    self._expect(name, at, ("number", "money", "flag"), "a number")
            case t.Sequence():
                self._sequence(node)
            case t.Consent(channel, "marketing", at=at) if f"{channel}_consent" in self.vocabulary.features:
                return t.Compare(t.Name(f"{channel}_consent", at=at), "==", t.Text("granted", at=at), at=at)
        return node

    def kind(self, node: t.Value) -> ValueKind | None:
        return self._value(node)[1]

    # Comparisons

    def _compare(self, node: t.Compare) -> t.Condition:
        left, first = self._value(node.left)
        right, second = self._value(node.right)
        if first is None or second is None:
            return node
        if isinstance(left, t.Number | t.Text | t.Truth | t.Day | t.Moment) and isinstance(
            right, t.Number | t.Text | t.Truth | t.Day | t.Moment
        ):
            self.refuse(node.at, said(node), "a feature on one side", "this says the same about everybody")
        left, right, both = _adapted(left, first, right, second)
        if both is None:
            self.refuse(
                node.at,
                said(node),
                "two values of one kind",
                f"{self._is(left, first)}, {self._is(right, second)}: they cannot be compared",
            )
        elif both in ("flag", "id") and node.operator not in ("==", "!="):
            self.refuse(node.at, said(node), "== or !=", f"{self._is(left, first)}: it has no order")
        return replace(node, left=left, right=right)

    def _one_of(self, node: t.OneOf) -> t.Condition:
        value, kind = self._value(node.value)
        options = []
        for option in node.options:
            _, other = self._value(option)
            if kind is None or other is None:
                continue
            value, adapted, both = _adapted(value, kind, option, other)
            if both is None:
                hint = f"{self._is(node.value, kind)}, {self._is(option, other)}: they cannot be compared"
                self.refuse(option.at, said(option), f"a list of {_PHRASES[kind]}", hint)
            elif isinstance(adapted, t.Number | t.Text | t.Truth):
                options.append(adapted)
        return replace(node, value=value, options=tuple(options))

    def _value(self, node: t.Value) -> tuple[t.Value, ValueKind | None]:
        match node:
            case t.Number(is_money=is_money):
                return node, "money" if is_money else "number"
            case t.Text():
                return node, "text"
            case t.Truth():
                return node, "flag"
            case t.Day():
                return node, "date"
            case t.Moment():
                return node, "instant"
            case t.Name(name, at=at):
                feature = self._feature(name, at)
                return node, None if feature is None else _KINDS[feature.kind]
            case t.Sum():
                return self._sum(node)
            case t.Statistic(feature=name, at=at):
                return node, self._expect(name, at, ("number", "money"), "a number or money")
            case t.Bucket():
                return node, "number"
            case t.DaysSince(events, at=at):
                self._events(events, at)
                return node, "number"
            case t.Tally():
                return node, self._tally(node)

    def _sum(self, node: t.Sum) -> tuple[t.Value, ValueKind | None]:
        left, first = self._value(node.left)
        right, second = self._value(node.right)
        if first is None or second is None:
            return node, None
        if node.operator in ("+", "-"):
            left, right, both = _adapted(left, first, right, second)
            kind: ValueKind | None = both if both in ("number", "money") else None
            if node.operator == "-" and both == "instant":
                kind = "number"
        else:
            kind = _product(node.operator, first, second)
        if kind is None:
            verb = {"+": "added", "-": "subtracted", "*": "multiplied", "/": "divided"}[node.operator]
            hint = f"{self._is(left, first)}, {self._is(right, second)}: they cannot be {verb}"
            self.refuse(node.at, said(node), "numbers or money", hint)
        return replace(node, left=left, right=right), kind

    # Names

    def _feature(self, name: str, at: int) -> Feature | None:
        feature = self.vocabulary.features.get(name)
        if feature is None or feature.hidden:
            hint = (
                "write True and False with a capital letter" if name in {"true", "false"} else did_you_mean(name, self.vocabulary.visible())
            )
            self.refuse(at, name, "a feature of the catalog", hint)
        return feature

    def _expect(self, name: str, at: int, kinds: tuple[ValueKind, ...], expected: str) -> ValueKind | None:
        feature = self._feature(name, at)
        if feature is None:
            return None
        kind = _KINDS[feature.kind]
        if kind not in kinds:
            self.refuse(at, name, f"a feature that is {expected}", f"{name} is {_PHRASES[kind]}")
            return None
        return kind

    def _claim(self, name: str, at: int) -> None:
        feature = self._feature(name, at)
        if feature is not None and feature.kind != "flag":
            example = f'{name} == "…"' if feature.kind == "text" else f"{name} > 0"
            self.refuse(
                at, name, "a condition that is true or false", f"{name} is {_PHRASES[_KINDS[feature.kind]]}: compare it, as in {example}"
            )

    def _segment(self, slug: str, at: int) -> None:
        if slug not in self.vocabulary.slugs:
            self.refuse(at, slug, "a segment of this project", did_you_mean(slug, self.vocabulary.slugs))

    # Events

    def _events(self, events: t.Events, at: int) -> Stream:
        stream = stream_of(events.kind)
        for test in events.filters:
            kind = stream.columns.get(test.column)
            if kind is None:
                known = ", ".join(stream.columns)
                hint = did_you_mean(test.column, [*stream.columns, "last", "since", "before"]) or f"{events.kind} has {known}"
                self.refuse(at, f"{test.column}=", f"a column of {events.kind}", hint)
            elif not _fits(test, _KINDS[kind]):
                expected = f"{test.column} tested as {_PHRASES[_KINDS[kind]]}"
                self.refuse(
                    at,
                    f"{test.column}={test.options[0]!r}",
                    expected,
                    "ids are hashes: use product_code or category" if kind == "id" else "",
                )
        if events.window.since and events.window.before and events.window.before <= events.window.since:
            self.refuse(at, events.window.before, "a later end than the beginning of the span")
        return stream

    def _tally(self, node: t.Tally) -> ValueKind | None:
        stream = self._events(node.events, node.at)
        if node.aggregation == "count":
            return "number"
        kind = stream.columns.get(node.column)
        numeric = [c for c, k in stream.columns.items() if _KINDS[k] in ("number", "money")]
        offered = list(stream.columns) if node.aggregation == "distinct" else numeric
        if kind is None or node.column not in offered:
            hint = did_you_mean(node.column, offered) or (f"it has {', '.join(offered)}" if offered else "it has none")
            self.refuse(node.at, node.column, f"a column of {node.events.kind}" + (" that holds numbers" if kind else ""), hint)
            return None
        return "number" if node.aggregation == "distinct" else _KINDS[kind]

    def _sequence(self, node: t.Sequence) -> None:
        for step in node.steps:
            stream = self._events(step.events, node.at)
            for column in node.same:
                if column not in stream.columns:
                    hint = did_you_mean(column, stream.columns) or f"{step.events.kind} has {', '.join(stream.columns)}"
                    self.refuse(node.at, column, f"a column of {step.events.kind} that all steps share", hint)

    def _is(self, node: t.Value, kind: ValueKind) -> str:
        return f"{said(node)} is {_PHRASES[kind]}"


def _adapted(left: t.Value, first: ValueKind, right: t.Value, second: ValueKind) -> tuple[t.Value, t.Value, ValueKind | None]:
    """Both values and the kind they share, a bare number beside money made an amount; None for the kind when they share none."""
    if first == second:
        return left, right, first
    if first == "money" and isinstance(right, t.Number):
        return left, replace(right, is_money=True), "money"
    if second == "money" and isinstance(left, t.Number):
        return replace(left, is_money=True), right, "money"
    if {first, second} == {"instant", "date"} and (isinstance(left, t.Day) or isinstance(right, t.Day)):
        return left, right, "instant"
    return left, right, None


def _product(operator: str, first: ValueKind, second: ValueKind) -> ValueKind | None:
    match operator, first, second:
        case _, "number", "number":
            return "number"
        case "*", "money", "number":
            return "money"
        case "*", "number", "money":
            return "money"
        case "/", "money", "number":
            return "money"
        case "/", "money", "money":
            return "number"
    return None


def _fits(test: t.Filter, kind: ValueKind) -> bool:
    wanted = str if kind == "text" else (int, float)
    if kind not in ("text", "number", "money") or not all(isinstance(option, wanted) for option in test.options):
        return False
    if test.test in ("contains", "starts_with"):
        return kind == "text"
    return test.test == "is" or (kind != "text" and len(test.options) == 1)
