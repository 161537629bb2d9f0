"""What BG/CNBD-k and MBG/CNBD-k share: buying with Erlang-k gaps until leaving after a purchase.

A purchase is every k-th event of a Poisson process with rate λ ~ Gamma(r, α), so that gaps are more regular the greater k is. After a
purchase the customer leaves with probability p ~ Beta(a, b), with `first` = 1 after the first one too. Since the last purchase a customer
who is still here has passed j = 0 … k − 1 events; the share of each j is y^j (ρ)_j / j! over their sum S, y = (T − t_x) / (α + T) and
ρ = r + k x, and given j the rate is Gamma(ρ + j, α + T). With k = 1 all of it is (M)BG/NBD.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betainc, betaln, digamma, expit, gammainccinv, gammaln, polygamma

from patron.predictions.histories import dot
from patron.predictions.smooth import values

if TYPE_CHECKING:
    from patron.predictions.histories import Cells, Floats, Integers

_RARE = 1e-18
_ELEMENTS = 1 << 20
_EXACT = 1 << 14
_NODES, _WEIGHTS = (np.asarray(v) for v in np.polynomial.legendre.leggauss(8))


def likelihood(cells: Cells, parameters: Floats, k: int, first: int) -> tuple[float, Floats, Floats]:
    """Log-likelihood of (r, α, a, b) but for what depends on k and the gaps alone, gradient and Hessian, summed over cells.

    Source: Platzer and Reutterer (2016), "Ticking Away the Moments", for the timing; Reutterer, Platzer and Schröder (2021),
    "Leveraging purchase regularity for predicting customer behavior the easy way", for the model.
    """
    r, alpha, a, b = parameters
    n, x = cells.n, cells.x.astype(np.float64)
    value, gradient, hessian = _of_counts(cells, parameters, k, first)
    ends, lasts, rate = 1.0 / (alpha + cells.T), 1.0 / (alpha + cells.t_x), r + k * x
    value -= dot(n, rate * np.log(alpha + cells.T))
    gradient -= (dot(n, np.log(alpha + cells.T)), dot(n, rate * ends), 0.0, 0.0)
    hessian[0, 1] -= dot(n, ends)
    hessian[1, 1] += dot(n, rate * ends * ends)
    log_here, here, bends_here = _passed(rate, ends, (cells.T - cells.t_x) * ends, k)
    may = (x > 0) | bool(first)
    less = np.where(may, 1.0 / np.where(may, b + (x - 1.0 + first), 1.0), 0.0)
    grown = np.log1p((cells.T - cells.t_x) * lasts)
    with np.errstate(divide="ignore"):
        log_gone = np.log(a * less) + rate * grown
    gone = (grown, rate * (ends - lasts), np.full(len(n), 1.0 / a), -less)
    bends_gone = {
        (0, 1): ends - lasts, (1, 1): rate * (lasts - ends) * (lasts + ends), (2, 2): np.full(len(n), -1.0 / a**2), (3, 3): less * less,
    }  # fmt: skip
    left = expit(log_gone - log_here)
    stayed = expit(log_here - log_gone)
    value += dot(n, np.logaddexp(log_here, log_gone))
    slopes_here = (*here, np.zeros(len(n)), np.zeros(len(n)))
    gradient += [dot(n, stayed * slopes_here[i] + left * gone[i]) for i in range(4)]
    for i in range(4):
        for j in range(i, 4):
            apart = left * stayed * (slopes_here[i] - gone[i]) * (slopes_here[j] - gone[j])
            hessian[i, j] += dot(n, apart + stayed * bends_here.get((i, j), 0.0) + left * bends_gone.get((i, j), 0.0))
    return value, gradient, np.triu(hessian) + np.triu(hessian, 1).T


def p_alive(parameters: Floats, x: Integers, t_x: Floats, T: Floats, k: int, first: int) -> Floats:  # noqa: N803, PLR0913, PLR0917
    """The probability that customers with these histories are still here."""
    r, alpha, a, b = parameters
    rate = r + k * x
    with np.errstate(divide="ignore"):
        gone = np.log(a) - np.log(np.maximum(b + (x - 1.0 + first), 0.0)) + rate * np.log1p((T - t_x) / (alpha + t_x))
    here: Floats = expit(np.log(sum(_shares(rate, (T - t_x) / (alpha + T), k))) - gone)
    if not first:
        here[x == 0] = 1.0
    return here


def shares(parameters: Floats, x: Integers, t_x: Floats, T: Floats, k: int) -> Floats:  # noqa: N803
    """How likely customers who are still here have passed 0 … k − 1 events since the last purchase, a row for each."""
    r, alpha = parameters[:2]
    found = np.stack(_shares(r + k * x, (T - t_x) / (alpha + T), k))
    return found / found.sum(axis=0)


def purchases_while_here(parameters: Floats, times: Floats, x: Integers, T: Floats, k: int, first: int, passed: int) -> Floats:  # noqa: N803, PLR0913, PLR0917
    """Expected purchases within each of some times of customers who are here now and have passed so many events.

    The n-th purchase comes if the customer stays after n − 1, and if n k − passed more events happen: a sum of positive terms,
    B(a, stay + n − 1) / B(a, stay) times I_z(n k − passed, ρ + passed) with z = t / (α + T + t), taken until no event is left.

    Returns:
        A row per time, a column per distinct pair of x and T, sorted by x.
    """
    r, alpha, a, b = parameters
    found = np.zeros((len(times), len(x)))
    later = times > 0
    if not len(x) or not later.any():
        return found
    starts = np.flatnonzero(np.concatenate(([True], x[1:] != x[:-1])))
    for begin, end in zip(starts.tolist(), [*starts[1:].tolist(), len(x)], strict=True):
        rate, stay = r + k * float(x[begin]) + passed, b + float(x[begin]) + first
        ratio = times[later][:, None] / (alpha + T[None, begin:end])
        of = values(ratio.ravel(), partial(_buys, rate=rate, a=a, stay=stay, k=k, passed=passed))
        found[later, begin:end] = of.reshape(ratio.shape)
    return found


def more_while_here(parameters: Floats, t: float, n: int, x: Integers, T: Floats, k: int, first: int, passed: int) -> Floats:  # noqa: N803, PLR0913, PLR0917
    """The probability of more than n purchases within t, of customers who are here now and have passed so many events."""
    r, alpha, a, b = parameters
    stay = b + x + first
    stays = np.exp(betaln(a, stay + n) - betaln(a, stay)) if n else 1.0
    z = t / (alpha + T + t) if np.isfinite(t) else np.ones(len(x))
    found: Floats = stays * betainc((n + 1.0) * k - passed, r + k * x + passed, z)
    return found


def pmf_of_new(parameters: Floats, t: float, k: int, first: int, largest: int) -> Floats:
    """Probabilities of 0 … largest purchases within t of a new customer who did not leave at once."""
    r, alpha, a, b = parameters
    n = np.arange(largest + 1, dtype=np.float64)
    stay, z = b + first, t / (alpha + t)
    reached = np.concatenate(([1.0], betainc(np.maximum(n[1:], 1) * k, r, z)))
    passed = betainc((n + 1) * k, r, z)
    still = np.exp(betaln(a, stay + n) - betaln(a, stay)) * (reached - passed)
    last = np.exp(betaln(a + 1, stay + np.maximum(n, 1) - 1) - betaln(a, stay)) * reached
    result: Floats = still + np.where(n > 0, last, 0.0)
    return result


def _buys(ratio: Floats, *, rate: float, a: float, stay: float, k: int, passed: int) -> Floats:  # noqa: PLR0913
    """Expected purchases of one x at each t / (α + T); the greatest first, whose sums are the longest, with as many as fit into memory."""
    order = np.argsort(-ratio, kind="stable")
    ordered, found, low = ratio[order], np.empty(len(ratio)), 0
    while low < len(ratio):
        terms = _longest(rate, float(ordered[low]), k)
        rows = slice(low, low + max(1, _ELEMENTS // min(terms, _EXACT)))
        n, count = _summed(terms)
        stays = count * np.exp(betaln(a, stay + n - 1) - betaln(a, stay))
        z = ordered[rows] / (1.0 + ordered[rows])
        found[order[rows]] = (stays * betainc(n * k - passed, rate, z[:, None])).sum(axis=1)
        low = rows.stop
    return found


def _shares(rate: Floats, y: Floats, k: int) -> list[Floats]:
    """y^j (rate)_j / j! for j = 0 … k − 1."""
    terms = [np.ones(len(y))]
    for j in range(k - 1):
        terms.append(terms[-1] * y * (rate + j) / (j + 1))
    return terms


def _passed(rate: Floats, ends: Floats, y: Floats, k: int) -> tuple[Floats, tuple[Floats, Floats], dict[tuple[int, int], Floats]]:
    """The logarithm of S, its slopes in r and α, and its second derivatives."""
    total, of_r, of_a, of_rr, of_ra, of_aa = (np.zeros(len(y)) for _ in range(6))
    first, second = np.zeros(len(y)), np.zeros(len(y))  # of ln (rate)_j
    for j, term in enumerate(_shares(rate, y, k)):
        total += term
        of_r += term * first
        of_a -= j * ends * term
        of_rr += term * (first**2 - second)
        of_ra -= j * ends * term * first
        of_aa += j * (j + 1) * ends**2 * term
        first, second = first + 1 / (rate + j), second + 1 / (rate + j) ** 2
    by_r, by_a = of_r / total, of_a / total
    bends = {(0, 0): of_rr / total - by_r**2, (0, 1): of_ra / total - by_r * by_a, (1, 1): of_aa / total - by_a**2}
    return np.log(total), (by_r, by_a), bends


def _of_counts(cells: Cells, parameters: Floats, k: int, first: int) -> tuple[float, Floats, Floats]:
    """The part of the log-likelihood that only x decides, from how many customers have each x."""
    r, alpha, a, b = parameters
    starts = np.flatnonzero(np.concatenate(([True], cells.x[1:] != cells.x[:-1])))
    n, x = np.add.reduceat(cells.n, starts), cells.x[starts].astype(np.float64)
    total, stay, rate = float(n.sum()), b + x + first, r + k * x
    value = dot(n, gammaln(rate) - gammaln(r) + betaln(a, stay) - betaln(a, b)) + total * r * np.log(alpha)
    gradient = np.array(
        [
            dot(n, digamma(rate) - digamma(r)) + total * np.log(alpha),
            total * r / alpha,
            dot(n, digamma(a + b) - digamma(a + stay)),
            dot(n, digamma(stay) - digamma(a + stay) - digamma(b) + digamma(a + b)),
        ]
    )
    hessian = np.zeros((4, 4))
    hessian[0, 0] = dot(n, polygamma(1, rate) - polygamma(1, r))
    hessian[0, 1], hessian[1, 1] = total / alpha, -total * r / alpha**2
    both = polygamma(1, a + b) - polygamma(1, a + stay)
    hessian[2, 2] = hessian[2, 3] = dot(n, both)
    hessian[3, 3] = dot(n, polygamma(1, stay) - polygamma(1, b) + both)
    return value, gradient, hessian


def _summed(terms: int) -> tuple[Floats, Floats]:
    """Numbers from 1 to so many and how many each stands for: one, but beyond the first thousands, where sums are integrals."""
    if terms <= _EXACT:
        return np.arange(1, terms + 1, dtype=np.float64), np.ones(terms)
    edges = np.geomspace(_EXACT + 0.5, terms + 0.5, 2 + int(np.log(terms / _EXACT) / 0.02))
    half = np.diff(edges)[:, None] / 2
    far, widths = (edges[:-1, None] + half * (1 + _NODES)).ravel(), (half * _WEIGHTS).ravel()
    return np.concatenate((np.arange(1, _EXACT + 1, dtype=np.float64), far)), np.concatenate((np.ones(_EXACT), widths))


def _longest(rate: float, grows: float, k: int) -> int:
    """More purchases than can come: of the highest rate there may be, and the most events with it."""
    most = float(gammainccinv(rate, _RARE)) * grows
    return int(np.ceil((most + 9.0 * np.sqrt(most) + 40.0) / k)) + 2
