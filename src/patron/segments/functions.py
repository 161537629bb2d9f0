"""The functions of the language: which arguments each takes, and an example of it for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patron.segments.tree import FilterTest


@dataclass(frozen=True, slots=True)
class Signature:
    """How a function is called.

    Attributes:
        example: a call as a person would write it.
        positional: names of the arguments that come first; these may be given by name too.
        required: how many of them must be given.
        keywords: names of the arguments that are given by name.
        repeats: whether any number of further arguments may follow.
        filters: whether columns of events may be given by name, to be tested.
        is_value: whether it gives a value to be compared; else it is true or false.
    """

    example: str
    positional: tuple[str, ...]
    required: int
    keywords: tuple[str, ...] = ()
    repeats: bool = False
    filters: bool = False
    is_value: bool = False


_WINDOW = ("last", "since", "before")


def _tally(name: str) -> Signature:
    example = f'{name}("value", "order_placed", last="90 days")'
    return Signature(example, ("column", "kind"), 2, _WINDOW, filters=True, is_value=True)


SIGNATURES: dict[str, Signature] = {
    "happened": Signature('happened("product_viewed", last="7 days")', ("kind",), 1, _WINDOW, filters=True, is_value=True),
    "sum_of": _tally("sum_of"),
    "average_of": _tally("average_of"),
    "smallest_of": _tally("smallest_of"),
    "largest_of": _tally("largest_of"),
    "distinct_of": _tally("distinct_of"),
    "days_since": Signature('days_since("product_viewed")', ("kind",), 1, filters=True, is_value=True),
    "sequence": Signature(
        'sequence("checkout_started", absent("order_completed"), within="1 hour")',
        ("step",),
        1,
        ("within", "same", *_WINDOW),
        repeats=True,
    ),
    "step": Signature('step("product_viewed", category="shoes")', ("kind",), 1, filters=True),
    "absent": Signature('absent("order_completed")', ("kind",), 1, filters=True),
    "top": Signature("top(net_revenue, share=0.1)", ("feature",), 1, ("share", "n", "within")),
    "bottom": Signature("bottom(net_revenue, share=0.1)", ("feature",), 1, ("share", "n", "within")),
    "average": Signature("average(net_revenue)", ("feature",), 1, is_value=True),
    "typical": Signature("typical(net_revenue)", ("feature",), 1, is_value=True),
    "percentile": Signature("percentile(net_revenue, 0.9)", ("feature", "rank"), 2, is_value=True),
    "in_segment": Signature('in_segment("loyal")', ("segment",), 1),
    "in_list": Signature('in_list("trade_fair")', ("list",), 1),
    "entered": Signature('entered("at_risk", last="7 days")', ("segment",), 1, _WINDOW),
    "left": Signature('left("loyal", last="7 days")', ("segment",), 1, _WINDOW),
    "consent": Signature('consent("email", "marketing")', ("channel", "purpose"), 1),
    "bucket": Signature('bucket("spring-test")', ("salt",), 1, is_value=True),
    "has": Signature("has(mean_satisfaction)", ("feature",), 1),
    "unknown": Signature("unknown(mean_satisfaction)", ("feature",), 1),
    "contains": Signature('contains(city, "york")', ("feature", "text"), 2),
    "starts_with": Signature('starts_with(city, "new")', ("feature", "text"), 2),
    "ends_with": Signature('ends_with(city, "ton")', ("feature", "text"), 2),
    "n_of": Signature("n_of(2, order_count >= 3, view_count_30d > 10, is_email_subscribed)", ("count", "condition"), 2, repeats=True),
    "date": Signature('date("2024-01-01")', ("day",), 1, is_value=True),
}

FILTER_TESTS: Mapping[str, FilterTest] = {
    "_contains": "contains", "_starts_with": "starts_with", "_at_least": "at_least", "_below": "below", "": "is",
}  # fmt: skip
"""Endings of a column's name in a filter, and the test each stands for; without one the column must be what is given."""
