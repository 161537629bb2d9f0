"""Forms that values of many features share: a difference in days, a ratio, the column of a partial."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.kernel.time import days_between

if TYPE_CHECKING:
    from collections.abc import Callable

    import ibis.expr.types as ir

    from patron.features.inputs import Inputs


def number(value: float) -> ir.FloatingValue:
    """A number as a literal that every engine reads as the very same double; written plainly, some read a decimal."""
    return ibis.literal(repr(float(value))).cast("float64")


def of(partial: str, column: str) -> Callable[[Inputs], ir.Value]:
    """The column of a partial, as it is."""
    return lambda i: i[partial][column]


def days_since(feature: str) -> Callable[[Inputs], ir.Value]:
    """Days from an instant feature to as of, with their fraction."""
    return lambda i: days_between(i.now, i.feature(feature))


def ratio(above: ir.Value, below: ir.Value) -> ir.FloatingValue:
    """A ratio; unknown when there is nothing to divide by."""
    return above.cast("float64") / below.cast("float64").nullif(0.0)


def share(above: str, below: str) -> Callable[[Inputs], ir.Value]:
    """The ratio of two features."""
    return lambda i: ratio(i.feature(above), i.feature(below))


def per_order(column: str) -> Callable[[Inputs], ir.Value]:
    """A sum over orders for each of them."""
    return lambda i: ratio(i["orders"][column], i["orders"]["order_count"])
