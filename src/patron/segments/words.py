"""A condition in words: the one way each node is written, for explanations, messages and the names of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.kernel.ids import derived, shown
from patron.segments import tree as t

if TYPE_CHECKING:
    from collections.abc import Iterable

_UNITS = ((604_800, "week"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
_FUNCTIONS = {
    "count": "happened", "sum": "sum_of", "average": "average_of", "smallest": "smallest_of", "largest": "largest_of",
    "distinct": "distinct_of",
}  # fmt: skip
_TIGHT = {"*", "/"}


def said(node: t.Condition | t.Value) -> str:
    """The node as text of the language; reading it again gives an equal node."""
    match node:
        case t.All(items):
            return " and ".join(_wrapped(item) for item in items)
        case t.Any(items):
            return " or ".join(_wrapped(item) for item in items)
        case t.Not(t.Known(feature)):
            return f"unknown({feature})"
        case t.Not(item):
            return f"not {_wrapped(item)}"
        case t.AtLeast(count, items):
            return f"n_of({count}, {', '.join(said(item) for item in items)})"
        case t.Constant(value) | t.Truth(value):
            return str(value)
        case t.Compare(left, operator, right):
            return f"{said(left)} {operator} {said(right)}"
        case t.OneOf(value, options, is_negated):
            return f"{said(value)} {'not in' if is_negated else 'in'} [{', '.join(said(option) for option in options)}]"
        case t.Sum(operator, left, right):
            return f"{_operand(left, operator)} {operator} {_operand(right, operator, is_right=True)}"
        case t.Number(value):
            return f"{value:g}" if float(f"{value:g}") == value else repr(value)
        case t.Text(text):
            return _quoted(text)
        case t.Day(day):
            return f'date("{day.isoformat()}")'
        case t.Moment(text):
            return f'date("{text}")'
        case t.Name(name) | t.Claim(name):
            return name
        case _:
            return _call(node)


def span(seconds: int) -> str:
    """A length of time in the largest unit that divides it; weeks are said in days.

    >>> span(604800)
    '7 days'
    """
    size, unit = next((size, unit) for size, unit in _UNITS[1:] if seconds % size == 0)
    count = seconds // size
    return f"{count} {unit}{'' if count == 1 else 's'}"


def column_of(term: t.Term | t.Statistic | t.Ranked | t.InCluster) -> str:
    """The name of the column that holds a term or a statistic: the same wherever the same thing is said."""
    text = f"cluster {term.centroids!r}" if isinstance(term, t.InCluster) else said(term)
    return shown("t", derived("segments", text))


def _call(node: t.Condition | t.Value) -> str:
    match node:
        case t.Statistic("percentile", feature, rank):
            return f"percentile({feature}, {rank:g})"
        case t.Statistic(kind, feature):
            return f"{kind}({feature})"
        case t.Bucket(salt):
            return f"bucket({_quoted(salt)})"
        case t.Tally(events, aggregation, column):
            first = (_quoted(column),) if column else ()
            return _arguments(_FUNCTIONS[aggregation], [*first, *_events(events)])
        case t.DaysSince(events):
            return _arguments("days_since", _events(events))
        case t.TextMatch(test, feature, text):
            return f"{test}({feature}, {_quoted(text)})"
        case t.Known(feature):
            return f"has({feature})"
        case t.Ranked():
            return _ranked(node)
        case t.InSegment(slug):
            return f"in_segment({_quoted(slug)})"
        case t.InList(name):
            return f"in_list({_quoted(name)})"
        case t.InCluster(_, number):
            return f"nearest of the learned centres is number {number + 1}"
        case t.Moved(change, slug, window):
            return _arguments(change, [_quoted(slug), *_window(window)])
        case t.Consent(channel, purpose):
            return f"consent({_quoted(channel)}, {_quoted(purpose)})"
        case t.Sequence():
            return _sequence(node)
        case _:
            return said(node)


def _ranked(node: t.Ranked) -> str:
    size = f"share={node.share!r}" if node.share is not None else f"n={node.count}"
    within = [f"within={_quoted(node.within)}"] if node.within else []
    return _arguments("top" if node.is_top else "bottom", [node.feature, size, *within])


def _sequence(node: t.Sequence) -> str:
    steps = []
    for step in node.steps:
        parts = _events(step.events)
        plain = len(parts) == 1 and not step.is_absent
        steps.append(parts[0] if plain else _arguments("absent" if step.is_absent else "step", parts))
    within = [f"within={_quoted(span(node.within))}"] if node.within else []
    same = [f"same=({', '.join(_quoted(c) for c in node.same)},)"] if node.same else []
    return _arguments("sequence", [*steps, *within, *same, *_window(node.window)])


def _events(events: t.Events) -> list[str]:
    return [_quoted(events.kind), *_window(events.window), *(_filter(f) for f in events.filters)]


def _filter(test: t.Filter) -> str:
    ending = "" if test.test == "is" else f"_{test.test}"
    options = [_quoted(o) if isinstance(o, str) else said(t.Number(o)) for o in test.options]
    return f"{test.column}{ending}={options[0] if len(options) == 1 else '[' + ', '.join(options) + ']'}"


def _window(window: t.Window) -> list[str]:
    last = [f"last={_quoted(span(window.last))}"] if window.last else []
    since = [f"since={_quoted(window.since)}"] if window.since else []
    return [*last, *since, *([f"before={_quoted(window.before)}"] if window.before else [])]


def _arguments(name: str, arguments: Iterable[str]) -> str:
    return f"{name}({', '.join(arguments)})"


def _quoted(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'


def _wrapped(item: t.Condition) -> str:
    return f"({said(item)})" if isinstance(item, t.All | t.Any) else said(item)


def _operand(value: t.Value, operator: str, *, is_right: bool = False) -> str:
    loose = isinstance(value, t.Sum) and (is_right or (operator in _TIGHT and value.operator not in _TIGHT))
    return f"({said(value)})" if loose else said(value)
