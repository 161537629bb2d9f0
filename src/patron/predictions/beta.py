"""Averages over a beta distribution, by the trapezoid rule in the logit, which converges geometrically."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betaln, expit, log_expit

if TYPE_CHECKING:
    from patron.predictions.histories import Floats

_STEP = 0.2
_NEGLIGIBLE = 42.0  # e to the minus of it is below rounding
_FARTHEST = 20_000.0
_POINTS = 64
_COARSE = 0.7  # of a standard deviation: up to there the rule errs by less than rounding


def points(a: float, b: float) -> tuple[Floats, Floats]:
    """Points p of Beta(a, b) and their weights, which add up to what lies between them: all, or for a < 1 all but a tail next to p = 0.

    The last point is p = 1, with what lies beyond the others: nothing, unless b is tiny.
    """
    falls = a + 1 if a < 1 else a
    middle = np.log(falls / b)
    least = _NEGLIGIBLE - falls * log_expit(middle) - b * log_expit(-middle)  # below the peak
    low, high = -_logit_of(least / falls) - 1.0, min(_logit_of(least / b) + 1.0, _FARTHEST)
    step = min(_STEP, (high - low) / _POINTS)
    if a >= 1 and step > _COARSE * np.sqrt(1 / a + 1 / b):  # a peak so narrow that these points would miss it
        return _narrow(a, b, float(middle), low, high)
    logit = np.arange(low, high + step, step)
    weight = step * np.exp(a * log_expit(logit) + b * log_expit(-logit) - betaln(a, b))
    beyond = np.exp(-b * (logit[-1] + step / 2) - np.log(b) - betaln(a, b)) if high == _FARTHEST else 0.0
    return np.append(expit(logit), 1.0), np.append(weight, beyond)


def _narrow(a: float, b: float, middle: float, low: float, high: float) -> tuple[Floats, Floats]:
    """Points between where the density next to a narrow peak becomes negligible; weights are made to add up to one, as it is inside."""

    def fallen(logit: float) -> float:
        return float(a * (log_expit(middle) - log_expit(logit)) + b * (log_expit(-middle) - log_expit(-logit)))

    ends = []
    for bound in (low, high):
        near, far = middle, bound
        for _ in range(60):
            half = (near + far) / 2
            near, far = (near, half) if fallen(half) > _NEGLIGIBLE else (half, far)
        ends.append(far)
    logit = np.linspace(ends[0], ends[1], _POINTS + 1)
    density = np.exp(a * (log_expit(logit) - log_expit(middle)) + b * (log_expit(-logit) - log_expit(-middle)))
    return np.append(expit(logit), 1.0), np.append(density / density.sum(), 0.0)


def discounted_stays(a: float, b: Floats, rate: float) -> Floats:
    """Expected periods to come of those who leave with probability θ ~ Beta(a, b) before each, the j-th worth 1 / (1 + rate)^j.

    With θ known that is the sum of ((1 − θ) / (1 + rate))^j from j = 1, (1 − θ) / (rate + θ).
    """
    at_zero = 1.0 / rate
    found = np.empty(len(b))
    for row, stays in enumerate(b.tolist()):
        theta, weight = points(a, stays)
        if a < 1:  # what is lost next to θ = 0 is what the function loses from its value there
            found[row] = at_zero - float((theta * (1 + rate) / (rate * (rate + theta)) * weight).sum())
        else:
            found[row] = float(((1 - theta) / (rate + theta) * weight).sum())
    return found


def _logit_of(surprise: float) -> float:
    """The logit of the probability whose complement has this negative logarithm."""
    return float(np.log(np.expm1(surprise))) if surprise < 30 else float(surprise)
