"""Engagement points: what each sign of interest is worth, and how its worth fades.

Points halve every 30 days, in steps, and are gone after 180: whole numbers only, so that sums are exact on every engine and the instant of
the next change is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.features.partials.partial import within
from patron.kernel.time import MICROSECOND

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.facts.as_of import Facts

EVENT_POINTS = {
    "product_added_to_wishlist": 3,
    "product_added": 3,
    "wishlist_product_added_to_cart": 3,
    "checkout_started": 5,
    "chat_started": 4,
    "product_shared": 4,
    "cart_shared": 4,
    # Buying is recency, frequency and money already.
    "order_completed": 0,
    "order_updated": 0,
    "order_cancelled": 0,
    "order_refunded": 0,
}
"""Points of an event by kind; all other kinds count 1."""
OPEN_POINTS = 2
CLICK_POINTS = 4
TICKET_POINTS = 3
REVIEW_POINTS = 5

HALVING_DAYS = 30
STEPS = 6
POINTS_WINDOW = HALVING_DAYS * STEPS
SCALE = 1 << (STEPS - 1)
"""Sums are in this fraction of a point."""


def points(weight: ir.IntegerValue, at: ir.TimestampValue, facts: Facts, *, later: int = 0) -> ir.IntegerScalar:
    """The sum of points, faded by age, so many whole days later than as of, in units of 1/`SCALE`."""
    steps = [(within(at, facts, HALVING_DAYS * (k + 1) - later), ibis.literal(SCALE >> k, "int64")) for k in range(STEPS)]
    return (weight * ibis.cases(*steps, else_=ibis.literal(0, "int64"))).sum().cast("int64")


def points_change_at(at: ir.TimestampValue, facts: Facts) -> ir.TimestampScalar:
    """The first instant at which one of these signs fades by a step."""
    ages = [HALVING_DAYS * (k + 1) for k in range(STEPS)]
    steps = [(within(at, facts, days), at + ibis.interval(days=days)) for days in ages]
    return ibis.cases(*steps, else_=ibis.null(at.type())).min() + MICROSECOND
