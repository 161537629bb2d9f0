"""What a condition is once it has been read: a small tree of values that cannot change.

Every node knows where in the text it stands (`at`, a character offset); two nodes that say the same are equal wherever they stand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date

    from patron.segments.assignment import Centroids

Comparison = Literal["<", "<=", ">", ">=", "==", "!="]
Arithmetic = Literal["+", "-", "*", "/"]
Aggregation = Literal["count", "sum", "average", "smallest", "largest", "distinct"]
Statistical = Literal["average", "typical", "percentile"]
TextTest = Literal["contains", "starts_with", "ends_with"]
FilterTest = Literal["is", "contains", "starts_with", "at_least", "below"]
Literals = tuple["Number | Text | Truth", ...]


def _place() -> int:
    return field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Number:
    """A number; `is_money` once it is known to be an amount in major units of the shop's currency."""

    value: float
    is_money: bool = False
    at: int = _place()


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text."""

    value: str
    at: int = _place()


@dataclass(frozen=True, slots=True)
class Truth:
    """True or False."""

    value: bool
    at: int = _place()


@dataclass(frozen=True, slots=True)
class Day:
    """A whole day of the shop's calendar."""

    value: date
    at: int = _place()


@dataclass(frozen=True, slots=True)
class Moment:
    """A date with a time, as ISO 8601; without a zone it is the shop's clock."""

    value: str
    at: int = _place()


@dataclass(frozen=True, slots=True)
class Name:
    """A feature by its name."""

    name: str
    at: int = _place()


@dataclass(frozen=True, slots=True)
class Sum:
    """Two values added, subtracted, multiplied or divided."""

    operator: Arithmetic
    left: Value
    right: Value
    at: int = _place()


@dataclass(frozen=True, slots=True)
class Statistic:
    """The average, median or a percentile of a feature over the population."""

    kind: Statistical
    feature: str
    rank: float = 0.5
    at: int = _place()


@dataclass(frozen=True, slots=True)
class Bucket:
    """A number from 0 to below 1 that depends only on the customer and a word."""

    salt: str
    at: int = _place()


@dataclass(frozen=True, slots=True)
class Window:
    """A span that ends at as of, or between two days; half-open.

    Attributes:
        last: seconds before as of, or None.
        since: the first day or instant, ISO 8601, or "".
        before: the day or instant at which it ends, or "".
    """

    last: int | None = None
    since: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """A test of one column of an event; any of the options will do."""

    column: str
    test: FilterTest
    options: tuple[str | float, ...]


@dataclass(frozen=True, slots=True)
class Events:
    """Which events: their kind, what their columns hold, and when they happened."""

    kind: str
    filters: tuple[Filter, ...] = ()
    window: Window = Window()


@dataclass(frozen=True, slots=True)
class Tally:
    """Events counted, or one of their columns summed up."""

    events: Events
    aggregation: Aggregation = "count"
    column: str = ""
    at: int = _place()


@dataclass(frozen=True, slots=True)
class DaysSince:
    """Days since the last such event; unknown without one."""

    events: Events
    at: int = _place()


Value = Number | Text | Truth | Day | Moment | Name | Sum | Statistic | Bucket | Tally | DaysSince


@dataclass(frozen=True, slots=True)
class All:
    """True when every item is."""

    items: tuple[Condition, ...]
    at: int = _place()


@dataclass(frozen=True, slots=True)
class Any:
    """True when one item is."""

    items: tuple[Condition, ...]
    at: int = _place()


@dataclass(frozen=True, slots=True)
class Not:
    """True when the item is not."""

    item: Condition
    at: int = _place()


@dataclass(frozen=True, slots=True)
class AtLeast:
    """True when so many items are."""

    count: int
    items: tuple[Condition, ...]
    at: int = _place()


@dataclass(frozen=True, slots=True)
class Constant:
    """Everybody, or nobody."""

    value: bool
    at: int = _place()


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values compared; false when one is unknown."""

    left: Value
    operator: Comparison
    right: Value
    at: int = _place()


@dataclass(frozen=True, slots=True)
class OneOf:
    """A value is, or is not, one of a list; false when it is unknown."""

    value: Value
    options: Literals
    is_negated: bool = False
    at: int = _place()


@dataclass(frozen=True, slots=True)
class TextMatch:
    """A text feature contains, starts or ends with a piece of text, whatever the case."""

    test: TextTest
    feature: str
    text: str
    at: int = _place()


@dataclass(frozen=True, slots=True)
class Known:
    """A feature has a value."""

    feature: str
    at: int = _place()


@dataclass(frozen=True, slots=True)
class Claim:
    """A feature that is true or false, used as a condition."""

    feature: str
    at: int = _place()


@dataclass(frozen=True, slots=True)
class Ranked:
    """The customer is among the highest or lowest by a feature; ties at the cut-off belong to it.

    Attributes:
        is_top: highest, else lowest.
        feature: what is ranked.
        share: share of the population, or None.
        count: number of customers, or None.
        within: feature whose values are ranked apart; empty for one ranking.
    """

    is_top: bool
    feature: str
    share: float | None = None
    count: int | None = None
    within: str = ""
    at: int = _place()


@dataclass(frozen=True, slots=True)
class InSegment:
    """The customer is in another segment."""

    slug: str
    at: int = _place()


@dataclass(frozen=True, slots=True)
class InList:
    """The customer is on a static list."""

    name: str
    at: int = _place()


@dataclass(frozen=True, slots=True)
class InCluster:
    """The customer's features are nearest to this one of several learned centres."""

    centroids: Centroids
    number: int
    at: int = _place()


@dataclass(frozen=True, slots=True)
class Moved:
    """The customer entered or left a segment in a window."""

    change: Literal["entered", "left"]
    slug: str
    window: Window
    at: int = _place()


@dataclass(frozen=True, slots=True)
class Consent:
    """Permission for a channel and purpose is granted."""

    channel: str
    purpose: str
    at: int = _place()


@dataclass(frozen=True, slots=True)
class Happening:
    """One step of a sequence: an event that happened, or did not."""

    events: Events
    is_absent: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """Events happened in an order, or did not follow.

    Attributes:
        steps: the first is never an absent one.
        within: seconds from the first step to the end of the last, or None.
        same: columns whose value all steps share.
        window: when all of it happened.
    """

    steps: tuple[Happening, ...]
    within: int | None = None
    same: tuple[str, ...] = ()
    window: Window = Window()
    at: int = _place()


Leaf = Compare | OneOf | TextMatch | Known | Claim | Ranked | InSegment | InList | InCluster | Moved | Consent | Sequence
Condition = All | Any | Not | AtLeast | Constant | Leaf
Term = Tally | DaysSince | Sequence | InList | Moved | Consent
"""What is worked out per customer in `segment_terms` before conditions are."""


def children(condition: Condition) -> tuple[Condition, ...]:
    """The conditions directly inside a condition."""
    match condition:
        case All(items) | Any(items):
            return items
        case AtLeast(_, items):
            return items
        case Not(item):
            return (item,)
        case _:
            return ()


def leaves(condition: Condition) -> tuple[Leaf, ...]:
    """The leaves of a condition, in reading order."""
    if isinstance(condition, Constant):
        return ()
    if isinstance(condition, All | Any | Not | AtLeast):
        return tuple(leaf for item in children(condition) for leaf in leaves(item))
    return (condition,)


def values(leaf: Leaf) -> tuple[Value, ...]:
    """All values inside a leaf, outer before inner; features that a leaf names directly included."""
    match leaf:
        case Compare(left, _, right):
            found: tuple[Value, ...] = (left, right)
        case OneOf(value):
            found = (value,)
        case TextMatch(feature=feature) | Known(feature) | Claim(feature):
            found = (Name(feature, at=leaf.at),)
        case Ranked(feature=feature, within=within):
            found = (Name(feature, at=leaf.at), *((Name(within, at=leaf.at),) if within else ()))
        case InCluster(centroids):
            found = tuple(Name(f, at=leaf.at) for f in centroids.features)
        case _:
            found = ()
    return tuple(inner for value in found for inner in _unfolded(value))


def _unfolded(value: Value) -> tuple[Value, ...]:
    if isinstance(value, Sum):
        return (value, *_unfolded(value.left), *_unfolded(value.right))
    return (value,)


def terms(condition: Condition) -> tuple[Term, ...]:
    """What a condition needs from `segment_terms`, each once, in reading order."""
    found: dict[Term, None] = {}
    for leaf in leaves(condition):
        if isinstance(leaf, Sequence | InList | Moved | Consent):
            found[leaf] = None
        for value in values(leaf):
            if isinstance(value, Tally | DaysSince):
                found[value] = None
    return tuple(found)
