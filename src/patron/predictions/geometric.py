"""What BG/NBD and MBG/NBD share: buying at a rate until leaving after a purchase.

Purchases follow a Poisson process with rate λ ~ Gamma(r, α); after a purchase the customer leaves with probability p ~ Beta(a, b). In
BG/NBD that may happen after each repeat purchase, in MBG/NBD after the first purchase as well: `first` is 0 or 1. Given that a customer is
still here, λ ~ Gamma(r + x, α + T) and p ~ Beta(a, b + x + first) are independent, which all answers below follow from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betaln, digamma, expit, gammaln, polygamma

from patron.predictions.beta import points
from patron.predictions.histories import dot
from patron.predictions.smooth import values

if TYPE_CHECKING:
    from patron.predictions.histories import Cells, Floats, Integers

_ELEMENTS = 1 << 16
_CELLS = 1 << 15  # at a time: what fits into the processor's memory


def likelihood(cells: Cells, parameters: Floats, first: int) -> tuple[float, Floats, Floats]:
    """Log-likelihood of (r, α, a, b), gradient and Hessian, summed over cells.

    Source: Fader, Hardie and Lee (2005), equation 6, with b + (x − 1) written so that nothing cancels; for MBG/NBD Batislam,
    Denizel and Filiztekin (2007), equation 3.
    """
    value, gradient, hessian = _of_counts(cells, parameters, first)
    for begin in range(0, len(cells), _CELLS):
        more = _of_times(cells.rows(begin, begin + _CELLS), parameters, first)
        value, gradient, hessian = value + more[0], gradient + more[1], hessian + more[2]
    return value, gradient, np.triu(hessian) + np.triu(hessian, 1).T


def p_alive(parameters: Floats, x: Integers, t_x: Floats, T: Floats, first: int) -> Floats:  # noqa: N803
    """The probability that customers with these histories are still here."""
    r, alpha, a, b = parameters
    with np.errstate(divide="ignore"):
        odds = np.log(a) - np.log(np.maximum(b + (x - 1.0 + first), 0.0)) + (r + x) * np.log1p((T - t_x) / (alpha + t_x))
    here: Floats = expit(-odds)
    if not first:
        here[x == 0] = 1.0
    return here


def purchases_while_here(parameters: Floats, times: Floats, x: Integers, T: Floats, first: int) -> Floats:  # noqa: N803
    """Expected purchases within each of some times of customers who are here now, by distinct pairs of x and T, sorted by x.

    With p known it is (1 − ((α + T)/(α + T + p t))^(r + x)) / p; that is averaged over Beta(a, b + x + first). Of each x it is a smooth
    function of t / (α + T) alone, so where there are many of these it is read from a polynomial through a few.

    Returns:
        A row per time, a column per pair.
    """
    r, alpha, a, b = parameters
    found = np.zeros((len(times), len(x)))
    later = times > 0
    if not len(x) or not later.any():
        return found
    starts = np.flatnonzero(np.concatenate(([True], x[1:] != x[:-1])))
    for begin, end in zip(starts.tolist(), [*starts[1:].tolist(), len(x)], strict=True):
        ratio = times[later][:, None] / (alpha + T[None, begin:end])
        found[later, begin:end] = _mean(ratio.ravel(), r + float(x[begin]), a, b + float(x[begin]) + first).reshape(ratio.shape)
    return found


def _mean(ratio: Floats, rate: float, a: float, b: float) -> Floats:
    """Expected (1 − (1 + ratio p)^−rate) / p, p ~ Beta(a, b), at each ratio, by the trapezoid rule in the logit of p.

    The rule converges geometrically, is never 0/0 at a = 1 and does not mind a + b < 1.
    """
    p, weight = points(a, b)

    def summed(ratio: Floats) -> Floats:
        found = np.empty(len(ratio))
        many = max(1, _ELEMENTS // len(p))
        for low in range(0, len(ratio), many):  # what fits into the processor's memory
            some = ratio[low : low + many]
            of = -np.expm1(-rate * np.log1p(some[:, None] * p[None, :])) / p[None, :]
            if a < 1:  # the weight dies out slowly towards p = 0: what is lost there is what the function loses from its value at 0
                found[low : low + many] = rate * some - (((rate * some)[:, None] - of) * weight).sum(axis=1)
            else:
                found[low : low + many] = (of * weight).sum(axis=1)
        return found

    return values(ratio, summed)


def pmf_while_here(parameters: Floats, t: float, x: float, T: float, first: int, largest: int) -> Floats:  # noqa: N803, PLR0913, PLR0917
    """Probabilities of 0 … largest purchases within t of a customer who is here now.

    Source: Fader, Hardie and Lee (2005), equation 8, with the parameters of the posterior.
    """
    r, alpha, a, b = parameters
    rate, age, stay = r + x, alpha + T, b + x + first
    n = np.arange(largest + 1, dtype=np.float64)
    log_none = rate * np.log(age / (age + t))
    share = np.log(t / (age + t)) if t > 0 else -np.inf
    with np.errstate(invalid="ignore"):
        poisson = np.exp(gammaln(rate + n) - gammaln(rate) - gammaln(n + 1) + log_none + np.where(n > 0, n * share, 0.0))
    still = np.exp(betaln(a, stay + n) - betaln(a, stay)) * poisson
    fewer = np.concatenate(([0.0], np.cumsum(poisson)[:-1]))
    last = np.exp(betaln(a + 1, stay + np.maximum(n, 1) - 1) - betaln(a, stay)) * np.clip(1.0 - fewer, 0.0, 1.0)
    result: Floats = still + np.where(n > 0, last, 0.0)
    return result


def _of_counts(cells: Cells, parameters: Floats, first: int) -> tuple[float, Floats, Floats]:
    """The part of the log-likelihood that only x decides, from how many customers have each x."""
    r, alpha, a, b = parameters
    starts = np.flatnonzero(np.concatenate(([True], cells.x[1:] != cells.x[:-1])))
    n, x = np.add.reduceat(cells.n, starts), cells.x[starts].astype(np.float64)
    total, stay = float(n.sum()), b + x + first
    value = dot(n, gammaln(r + x) - gammaln(r) + betaln(a, stay) - betaln(a, b)) + total * r * np.log(alpha)
    gradient = np.array(
        [
            dot(n, digamma(r + x) - digamma(r)) + total * np.log(alpha),
            total * r / alpha,
            dot(n, digamma(a + b) - digamma(a + stay)),
            dot(n, digamma(stay) - digamma(a + stay) - digamma(b) + digamma(a + b)),
        ]
    )
    hessian = np.zeros((4, 4))
    hessian[0, 0] = dot(n, polygamma(1, r + x) - polygamma(1, r))
    hessian[0, 1] = total / alpha
    hessian[1, 1] = -total * r / alpha**2
    both = polygamma(1, a + b) - polygamma(1, a + stay)
    hessian[2, 2] = hessian[2, 3] = dot(n, both)
    hessian[3, 3] = dot(n, polygamma(1, stay) - polygamma(1, b) + both)
    return value, gradient, hessian


def _of_times(cells: Cells, parameters: Floats, first: int) -> tuple[float, Floats, Floats]:
    """The part of the log-likelihood that t_x and T decide: sums over some cells; of the Hessian the upper half."""
    r, alpha, a, b = parameters
    n, x = cells.n, cells.x.astype(np.float64)
    gradient, hessian = np.zeros(4), np.zeros((4, 4))
    lasts, ends = 1.0 / (alpha + cells.t_x), 1.0 / (alpha + cells.T)
    log_ratio = np.log1p((cells.T - cells.t_x) * lasts)  # ln((α + T)/(α + t_x))
    log_end = np.log(alpha + cells.T)
    rate = r + x
    value = -dot(n, rate * log_end)
    gradient -= (dot(n, log_end), dot(n, rate * ends), 0.0, 0.0)
    hessian[0, 1] -= dot(n, ends)
    hessian[1, 1] += dot(n, rate * ends * ends)
    may_have_left = slice(None) if first else slice(int(np.searchsorted(cells.x, 1)), None)  # cells are sorted by x
    n, rate, lasts, ends, log_ratio = (v[may_have_left] for v in (n, rate, lasts, ends, log_ratio))
    less = 1.0 / (b + (x[may_have_left] - 1 + first))
    odds = np.log(a * less) + rate * log_ratio
    small = np.exp(-np.abs(odds))  # one power serves the logarithm of the sum, and both chances
    likely, unlikely = 1.0 / (1.0 + small), small / (1.0 + small)
    has_left = odds >= 0.0
    left = n * np.where(has_left, likely, unlikely)
    value += dot(n, np.maximum(odds, 0.0) + np.log1p(small))
    unsure = left * np.where(has_left, unlikely, likely)
    slope = rate * (ends - lasts)
    by = (log_ratio, slope, np.full(len(n), 1.0 / a), -less)
    gradient += [dot(left, d) for d in by]
    for i in range(4):
        of_both = unsure * by[i]
        for j in range(i, 4):
            hessian[i, j] += dot(of_both, by[j])
    hessian[0, 1] += dot(left, ends - lasts)
    hessian[1, 1] += dot(left, rate * (lasts - ends) * (lasts + ends))
    hessian[2, 2] -= float(left.sum()) / a**2
    hessian[3, 3] += dot(left, less * less)
    return value, gradient, hessian
