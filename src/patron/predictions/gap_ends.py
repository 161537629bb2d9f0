"""Where a gap that has begun will end, for gaps with centre 0 and scale 1 in logarithms: `next_order` by a table instead of by customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scipy.special import stdtr

from patron.predictions.next_order import _beyond

if TYPE_CHECKING:
    from patron.predictions.histories import Floats


def ends(sure: Floats, passed: Floats, *, level: float = 0.8) -> tuple[Floats, Floats, Floats]:
    """The lower end, the middle and the upper end of what is left of gaps.

    Args:
        sure: degrees of freedom.
        passed: how far each gap has gone.
        level: the probability to end between the two ends.
    """
    left = stdtr(sure, -passed)  # the share of gaps that are longer
    low, middle, high = (_beyond(sure, passed, left * (1 - q)) for q in ((1 - level) / 2, 0.5, (1 + level) / 2))
    return low, middle, high
