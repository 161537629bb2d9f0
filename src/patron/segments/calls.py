"""Calls of the language's functions: their arguments bound, checked for form, and turned into nodes."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from patron.kernel.errors import InputError
from patron.kernel.problems import did_you_mean
from patron.kernel.time import parse_span
from patron.segments import tree as t
from patron.segments.functions import FILTER_TESTS, SIGNATURES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patron.segments.grammar import Source

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
_CHANNELS = ("email", "sms", "whatsapp", "push")
_PURPOSES = ("marketing", "transactional")
_AGGREGATIONS: Mapping[str, t.Aggregation] = {
    "happened": "count", "sum_of": "sum", "average_of": "average", "smallest_of": "smallest", "largest_of": "largest",
    "distinct_of": "distinct",
}  # fmt: skip
_TEXT_TESTS: Mapping[str, t.TextTest] = {"contains": "contains", "starts_with": "starts_with", "ends_with": "ends_with"}


class Reader(Protocol):
    """What a call needs of the reader of the text around it."""

    source: Source

    def refuse(self, node: ast.expr | ast.keyword, expected: str, hint: str = "", found: str | None = None) -> None:
        """Note a problem at a node."""

    def condition(self, node: ast.expr) -> t.Condition | None:
        """Read a condition."""

    def value(self, node: ast.expr) -> t.Value | None:
        """Read a value."""

    def literals(self, node: ast.expr) -> t.Literals | None:
        """Read a list of literals."""


@dataclass(frozen=True, slots=True)
class _Arguments:
    """The arguments of one call by name, those that repeat, and filters of columns."""

    node: ast.Call
    named: dict[str, ast.expr]
    further: tuple[ast.expr, ...]
    filters: tuple[ast.keyword, ...]


@dataclass(frozen=True, slots=True)
class Calls:
    """Reads calls on behalf of a reader; None stands for a call with problems, which the reader then has."""

    reader: Reader

    def condition(self, name: str, node: ast.Call) -> t.Condition | None:
        """The condition that a call says."""
        given = self._bound(name, node)
        if given is None:
            return None
        at = self.reader.source.offset(node)
        match name:
            case "sequence":
                return self._sequence(given, at)
            case "top" | "bottom":
                return self._ranked(given, is_top=name == "top", at=at)
            case "in_segment":
                slug = self._slug(given)
                return None if slug is None else t.InSegment(slug, at=at)
            case "in_list":
                listed = self._text(given, "list")
                return None if listed is None else t.InList(listed, at=at)
            case "entered" | "left":
                slug, window = self._slug(given), self._window(given)
                return None if slug is None or window is None else t.Moved("entered" if name == "entered" else "left", slug, window, at=at)
            case "consent":
                return self._consent(given, at)
            case "has" | "unknown":
                feature = self._feature(given, "feature")
                known = None if feature is None else t.Known(feature, at=at)
                return known if name == "has" else known and t.Not(known, at=at)
            case "contains" | "starts_with" | "ends_with":
                feature, text = self._feature(given, "feature"), self._text(given, "text")
                return None if feature is None or text is None else t.TextMatch(_TEXT_TESTS[name], feature, text, at=at)
            case "n_of":
                return self._at_least(given, at)
            case _:  # step and absent
                self.reader.refuse(node, "a condition", f"{name}(…) is a step of sequence(…)")
                return None

    def value(self, name: str, node: ast.Call) -> t.Value | None:
        """The value that a call gives."""
        given = self._bound(name, node)
        if given is None:
            return None
        at = self.reader.source.offset(node)
        match name:
            case "average" | "typical":
                feature = self._feature(given, "feature")
                return None if feature is None else t.Statistic("average" if name == "average" else "typical", feature, at=at)
            case "percentile":
                feature, rank = self._feature(given, "feature"), self._number(given, "rank", 0, 1, "a share between 0 and 1")
                return None if feature is None or rank is None else t.Statistic("percentile", feature, rank, at=at)
            case "bucket":
                salt = self._text(given, "salt")
                return None if salt is None else t.Bucket(salt, at=at)
            case "date":
                return self._date(given, at)
            case "days_since":
                events = self._events(given, t.Window())
                return None if events is None else t.DaysSince(events, at=at)
            case _:
                window = self._window(given)
                events = None if window is None else self._events(given, window)
                column = self._text(given, "column") if "column" in given.named else ""
                return None if events is None or column is None else t.Tally(events, _AGGREGATIONS[name], column, at=at)

    # Arguments

    def _bound(self, name: str, node: ast.Call) -> _Arguments | None:
        signature = SIGNATURES[name]
        stars = [a for a in node.args if isinstance(a, ast.Starred)] + [k for k in node.keywords if k.arg is None]
        for star in stars:
            self.reader.refuse(star, f"plain arguments, as in {signature.example}")
        if stars:
            return None
        named = dict(zip(signature.positional, node.args, strict=False))
        further = tuple(node.args[len(signature.positional) :])
        problems = 0
        if further and not signature.repeats:
            self.reader.refuse(further[0], f"{name} as in {signature.example}", "there is an argument too many")
            problems += 1
        filters = []
        for keyword in node.keywords:
            key = keyword.arg or ""
            if key in {*signature.positional, *signature.keywords} and key not in named:
                named[key] = keyword.value
            elif signature.filters and key not in named:
                filters.append(keyword)
            else:
                known = (*signature.keywords, *signature.positional)
                self.reader.refuse(keyword, f"{name} as in {signature.example}", did_you_mean(key, known), f"{key}=")
                problems += 1
        missing = [p for p in signature.positional[: signature.required] if p not in named]
        if missing:
            self.reader.refuse(node, f"{name} as in {signature.example}", f"{' and '.join(missing)} must be given")
        return None if problems or missing else _Arguments(node, named, further, tuple(filters))

    def _text(self, given: _Arguments, key: str) -> str | None:
        node = given.named[key]
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.strip() and len(node.value) <= 200:
            return node.value
        self.reader.refuse(node, f"the {key} as text in quotes")
        return None

    def _slug(self, given: _Arguments) -> str | None:
        slug = self._text(given, "segment")
        if slug is not None and not _SLUG.fullmatch(slug):
            self.reader.refuse(given.named["segment"], "the name of a segment's file without its ending, as in at_risk")
            return None
        return slug

    def _feature(self, given: _Arguments, key: str) -> str | None:
        node = given.named[key]
        if isinstance(node, ast.Name):
            return node.id
        quoted = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if quoted and key == "within" and str(node.value).isidentifier():  # type: ignore[attr-defined]
            return str(node.value)  # type: ignore[attr-defined]
        self.reader.refuse(node, "the name of a feature", "write it without quotes" if quoted else "")
        return None

    def _number(self, given: _Arguments, key: str, above: float, most: float, expected: str) -> float | None:
        node = given.named[key]
        value = self.reader.value(node)
        if value is None:
            return None
        if isinstance(value, t.Number) and above < value.value <= most:
            return value.value
        self.reader.refuse(node, expected)
        return None

    def _whole(self, given: _Arguments, key: str, most: int) -> int | None:
        number = self._number(given, key, 0, most, f"a whole number from 1 to {most}")
        if number is None or number == int(number):
            return None if number is None else int(number)
        self.reader.refuse(given.named[key], f"a whole number from 1 to {most}")
        return None

    def _span(self, node: ast.expr) -> int | None:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                seconds = int(parse_span(node.value).total_seconds())
            except InputError:
                seconds = 0
            if seconds:
                return seconds
        self.reader.refuse(node, "a span such as '7 days', '90 minutes' or '1 week', up to 100 years", "months and years vary in length")
        return None

    def _edge(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "date" and len(node.args) == 1:
            node = node.args[0]
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _instant(node.value):
            return node.value.strip()
        self.reader.refuse(node, "a date or time such as '2024-01-01' or '2024-01-01T12:30'")
        return None

    def _window(self, given: _Arguments) -> t.Window | None:
        named = given.named
        if "last" in named and ("since" in named or "before" in named):
            self.reader.refuse(named["last"], "either last=… or since=… and before=…, not both")
            return None
        last = self._span(named["last"]) if "last" in named else 0
        since = self._edge(named["since"]) if "since" in named else ""
        before = self._edge(named["before"]) if "before" in named else ""
        return None if last is None or since is None or before is None else t.Window(last or None, since, before)

    # Functions with more than a few arguments

    def _events(self, given: _Arguments, window: t.Window) -> t.Events | None:
        kind = self._text(given, "kind")
        filters = [self._filter(keyword) for keyword in given.filters]
        if kind is None or None in filters:
            return None
        found = sorted((f for f in filters if f is not None), key=lambda f: (f.column, f.test))
        return t.Events(kind, tuple(found), window)

    def _filter(self, keyword: ast.keyword) -> t.Filter | None:
        key = keyword.arg or ""
        ending = next(e for e in FILTER_TESTS if key.endswith(e))
        column = key.removesuffix(ending) if ending else key
        node = keyword.value
        read = self.reader.literals(node) if isinstance(node, ast.List | ast.Tuple) else (self.reader.value(node),)
        if read is None or None in read:
            return None
        options = tuple(o.value for o in read if isinstance(o, t.Number | t.Text))
        if len(options) < len(read):
            self.reader.refuse(node, "a text, a number, or a list of them", found=f"{key}={self.reader.source.shown(node)}")
            return None
        return t.Filter(column, FILTER_TESTS[ending], options)

    def _sequence(self, given: _Arguments, at: int) -> t.Sequence | None:
        window = self._window(given)
        steps = [self._step(node) for node in (given.named["step"], *given.further)]
        within = self._span(given.named["within"]) if "within" in given.named else 0
        same = self._columns(given.named["same"]) if "same" in given.named else ()
        if window is None or None in steps or within is None or same is None:
            return None
        happenings = tuple(s for s in steps if s is not None)
        refused = self._order(given.node, happenings)
        return None if refused else t.Sequence(happenings, within or None, same, window, at=at)

    def _order(self, node: ast.Call, steps: tuple[t.Happening, ...]) -> bool:
        if steps[0].is_absent:
            self.reader.refuse(node, "a sequence that begins with an event that happened", "write not happened(…)")
        elif any(a.is_absent and b.is_absent for a, b in pairwise(steps)):
            self.reader.refuse(node, "one absent step between two events")
        elif len(steps) > 8:
            self.reader.refuse(node, "at most 8 steps")
        elif len(steps) < 2:
            self.reader.refuse(node, "two steps or more", "write happened(…)")
        else:
            return False
        return True

    def _step(self, node: ast.expr) -> t.Happening | None:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.strip():
            return t.Happening(t.Events(node.value))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"step", "absent"}:
            given = self._bound(node.func.id, node)
            events = None if given is None else self._events(given, t.Window())
            return None if events is None else t.Happening(events, is_absent=node.func.id == "absent")
        self.reader.refuse(node, 'a step: "product_viewed", step("product_viewed", category="shoes") or absent("order_completed")')
        return None

    def _columns(self, node: ast.expr) -> tuple[str, ...] | None:
        elements = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
        names = [e.value for e in elements if isinstance(e, ast.Constant) and isinstance(e.value, str)]
        if names and len(names) == len(elements):
            return tuple(dict.fromkeys(names))
        self.reader.refuse(node, 'columns in quotes, as in same=("product_id",)')
        return None

    def _ranked(self, given: _Arguments, *, is_top: bool, at: int) -> t.Ranked | None:
        if ("share" in given.named) == ("n" in given.named):
            self.reader.refuse(given.node, "either share=0.1 or n=100")
            return None
        feature = self._feature(given, "feature")
        share = self._number(given, "share", 0, 1, "a share between 0 and 1") if "share" in given.named else 0.0
        count = self._whole(given, "n", 1_000_000_000) if "n" in given.named else 0
        within = self._feature(given, "within") if "within" in given.named else ""
        if feature is None or share is None or count is None or within is None:
            return None
        return t.Ranked(is_top, feature, share or None, count or None, within, at=at)

    def _consent(self, given: _Arguments, at: int) -> t.Consent | None:
        channel = self._choice(given, "channel", _CHANNELS)
        purpose = self._choice(given, "purpose", _PURPOSES) if "purpose" in given.named else "marketing"
        return None if channel is None or purpose is None else t.Consent(channel, purpose, at=at)

    def _choice(self, given: _Arguments, key: str, known: tuple[str, ...]) -> str | None:
        text = self._text(given, key)
        if text is not None and text not in known:
            self.reader.refuse(given.named[key], f"one of {', '.join(known)}", did_you_mean(text, known))
            return None
        return text

    def _at_least(self, given: _Arguments, at: int) -> t.AtLeast | None:
        nodes = (given.named["condition"], *given.further)
        count = self._whole(given, "count", len(nodes))
        items = [self.reader.condition(node) for node in nodes]
        return None if count is None or None in items else t.AtLeast(count, tuple(i for i in items if i is not None), at=at)

    def _date(self, given: _Arguments, at: int) -> t.Day | t.Moment | None:
        text = self._edge(given.named["day"])
        if text is None:
            return None
        return t.Day(date.fromisoformat(text), at=at) if len(text) == 10 else t.Moment(text, at=at)


def _instant(text: str) -> bool:
    try:
        return 1900 <= datetime.fromisoformat(text.strip()).year <= 2200 and (len(text.strip()) == 10 or "T" in text or " " in text.strip())
    except ValueError:
        return False
