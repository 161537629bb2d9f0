"""A value of a condition as it is told: in words and units for people, as JSON for programs, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from patron.kernel.money import Money
from patron.kernel.time import iso
from patron.segments import tree as t
from patron.segments.kinds import ValueKind, kind_of
from patron.segments.streams import SITE, stream_of
from patron.segments.words import said

if TYPE_CHECKING:
    from patron.segments.plan import Plan

_SINCE = {
    t.InList: ("on the list since", "not on the list"),
    t.Moved: ("last on", "not in that time"),
    t.Consent: ("granted since", "not granted"),
    t.Sequence: ("begun on", "did not happen"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One value.

    Attributes:
        text: what it is the value of, in the language.
        value: the value; money as `Money`; None when unknown.
        kind: what it is: number, money, text …
        unit: in words; empty when it has none.
        meaning: what it means to the owner of a shop.
        facts: the fact tables that it was made from.
        is_literal: whether it stands in the condition itself, so that it need not be told.
        absent: for something that happened at `value`, what is said when it did not.
    """

    text: str
    value: object
    kind: ValueKind
    unit: str = ""
    meaning: str = ""
    facts: tuple[str, ...] = ()
    is_literal: bool = False
    absent: str = ""

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {
            "text": self.text,
            "value": _as_json(self.value),
            "kind": self.kind,
            "unit": self.unit,
            "meaning": self.meaning,
            "facts": list(self.facts),
        }

    def line(self) -> str:
        """For people: the value after its name."""
        if self.absent:
            return self.absent if self.value is None else f"{self.text} {_in_words(self.value)}"
        if self.value is None:
            return f"{self.text} is unknown"
        unit = f" {self.unit}" if self.unit and self.kind == "number" else ""
        return f"{self.text} is {_in_words(self.value)}{unit}"


def figure(node: t.Value | t.Leaf, value: object, plan: Plan) -> Figure:
    """A value that was worked out, with its unit, meaning and source."""
    match node:
        case t.Name(name):
            feature = plan.catalog[name]
            facts = tuple(dict.fromkeys([*feature.needs, *feature.needs_one_of]))
            return Figure(
                name, _money(value, kind_of(node, plan.catalog), plan), kind_of(node, plan.catalog), feature.unit, feature.meaning, facts
            )
        case t.Ranked(feature=name):
            kind = kind_of(t.Name(name), plan.catalog)
            meaning = "the cut-off: at it or beyond is among them, as of the last refresh"
            return Figure(f"the cut-off of {said(node)}", _money(value, kind, plan), kind, plan.catalog[name].unit, meaning)
        case t.Statistic(feature=name):
            kind = kind_of(node, plan.catalog)
            meaning = "over all customers for whom it is known, buyers only where it is about orders, as of the last refresh"
            return Figure(said(node), _money(value, kind, plan), kind, plan.catalog[name].unit, meaning)
        case t.InCluster():
            number = None if value is None else int(str(value)) + 1
            return Figure("nearest centre", number, "number", "", "the number of the learned centre that the features are nearest to")
        case t.InList() | t.Moved() | t.Consent() | t.Sequence():
            text, absent = _SINCE[type(node)]
            return Figure(text, value, "instant", "", said(node), absent=absent)
        case t.Tally(events) | t.DaysSince(events):
            stream = stream_of(events.kind)
            kind = kind_of(node, plan.catalog)
            unit = "days" if isinstance(node, t.DaysSince) else ""
            meaning = SITE.meaning if stream is SITE else stream.meaning
            return Figure(said(node), _money(value, kind, plan), kind, unit, meaning, stream.needs)
        case t.Compare() | t.OneOf() | t.TextMatch() | t.Known() | t.Claim() | t.InSegment():
            return Figure(said(node), value, "flag")
        case _:
            kind = kind_of(node, plan.catalog)
            is_literal = isinstance(node, t.Number | t.Text | t.Truth | t.Day | t.Moment)
            return Figure(said(node), _money(value, kind, plan), kind, is_literal=is_literal)


def _money(value: object, kind: ValueKind, plan: Plan) -> object:
    if kind != "money" or value is None or isinstance(value, Money):
        return value
    return Money.from_minor(Decimal(str(value)), plan.facts.shop.currency)


def _as_json(value: object) -> object:
    match value:
        case Money():
            return value.as_json()
        case datetime():
            return iso(value)
        case date():
            return value.isoformat()
        case Decimal():
            return float(value)
        case _:
            return value


def _in_words(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case float() | Decimal():
            return f"{value:,.4g}" if -1000 < value < 1000 else f"{value:,.0f}"
        case int():
            return f"{value:,}"
        case str():
            return f'"{value}"'
        case _:
            return str(value)
