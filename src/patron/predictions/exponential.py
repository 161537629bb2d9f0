"""The integrals of Pareto/NBD, without hypergeometric functions.

The likelihood of a history, but for a factor of x alone, is

    Z = (α + T)^−(r+x) (β + T)^−s + s ∫ from t_x to T of (α + y)^−(r+x) (β + y)^−(s+1) dy,

that is, still a customer at T, or gone at y. The integral is the difference of two tails J(x, t), each on the far fewer pairs of x and t;
where the difference cancels, the other term dominates. A tail bends where y − t is like (α + t)/(r + x), β + t or α + t, which may be many
powers of ten apart. So it is summed by the trapezoid rule in v, y − t = c exp(v − e^−v), c the first of these: it converges geometrically
and minds none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import digamma, gammaln, polygamma

from patron.predictions.histories import dot

if TYPE_CHECKING:
    from patron.predictions.histories import Cells, Floats, Integers

_STEP = 0.3
_LOWEST = -3.8  # of v: exp(v − e^−v) is below rounding
_TAIL = 37.0  # e to the minus of it is below rounding
_CELLS = 1 << 15  # at a time: what fits into the processor's memory
_PAIRS = 1 << 13
_AGES = 1 << 8


@dataclass(frozen=True, slots=True)
class _Tails:
    """Integrals of g = (α + y)^−(r+x) (β + y)^−(s+1) from t on, over e^k, k the logarithm of the first term of Z at t.

    Attributes:
        k: scale of each pair.
        of: integrals of g times each of `_FACTORS`, a row each.
    """

    k: Floats
    of: Floats


def likelihood(cells: Cells, parameters: Floats) -> tuple[float, Floats, Floats]:
    """Log-likelihood of (r, α, s, β), gradient and Hessian, summed over cells."""
    value, gradient, hessian = _of_counts(cells, parameters)
    tails, first, last = _tails_of(cells, parameters)
    for begin in range(0, len(cells), _CELLS):
        rows = slice(begin, begin + _CELLS)
        more = _of_tails(cells.rows(rows.start, rows.stop), parameters, tails, first[rows], last[rows])
        value, gradient, hessian = value + more[0], gradient + more[1], hessian + more[2]
    return value, gradient, np.triu(hessian) + np.triu(hessian, 1).T


def p_alive(parameters: Floats, x: Integers, t_x: Floats, T: Floats) -> Floats:  # noqa: N803
    """The probability that customers with these histories are still here: the first term of Z over Z."""
    tails, first, last = _tails(parameters, x, t_x, T, only_whole=True)
    scale = np.exp(tails.k[last] - tails.k[first])
    gone = parameters[2] * (tails.of[0][first] - tails.of[0][last] * scale)
    found: Floats = scale / (scale + np.maximum(gone, 0.0))
    return found


def discounted_time(s: float, age: Floats, rate: float) -> Floats:
    """The integral of e^(−rate y) (age/(age + y))^s over all y from 0, for each age."""
    logs = np.linspace(-46.0, np.log(800.0), 2_400)  # of rate y
    y = np.exp(logs) / rate
    steps = np.full(len(logs), logs[1] - logs[0])
    weight = np.exp(-rate * y) * y * steps
    found = np.empty(len(age))
    for low in range(0, len(age), _AGES):  # what fits into the processor's memory
        rows = slice(low, low + _AGES)
        found[rows] = (np.exp(-s * np.log1p(y[None, :] / age[rows, None])) * weight).sum(axis=1)
    return found


def pmf(parameters: Floats, t: float, largest: int) -> Floats:
    """Probabilities of 0 … largest purchases of a new customer by age t: still here at t, or gone at some y before."""
    r, alpha, s, beta = parameters
    n = np.arange(largest + 1, dtype=np.float64)
    if t == 0:
        return (n == 0).astype(np.float64)
    nodes, weights = _legendre()
    edges = np.array([0.0, 1e-4, 1e-2, 0.1, 1.0]) * t
    y = np.concatenate([(b - a) / 2 * nodes + (a + b) / 2 for a, b in pairwise(edges.tolist())])
    w = np.concatenate([(b - a) / 2 * weights for a, b in pairwise(edges.tolist())])

    def of_poisson(age: Floats) -> Floats:
        logs = gammaln(r + n)[:, None] - gammaln(r) - gammaln(n + 1)[:, None] - r * np.log1p(age / alpha)
        result: Floats = np.exp(logs + n[:, None] * np.log(age / (alpha + age)))
        return result

    leaves = s / beta * np.exp(-(s + 1) * np.log1p(y / beta))
    result: Floats = of_poisson(np.array([t]))[:, 0] * np.exp(-s * np.log1p(t / beta)) + (of_poisson(y) * (leaves * w)).sum(axis=1)
    return result


def _of_tails(cells: Cells, parameters: Floats, tails: _Tails, first: Integers, last: Integers) -> tuple[float, Floats, Floats]:
    """The part of the log-likelihood that t_x and T decide: sums over some cells; of the Hessian the upper half."""
    r, alpha, s, beta = parameters
    n, x = cells.n, cells.x.astype(np.float64)
    scale = np.exp(tails.k[last] - tails.k[first])  # at most 1: nothing overflows
    gone = s * (tails.of[:, first] - tails.of[:, last] * scale)  # a row per factor
    z = scale + gone[0]
    rate = r + x
    log_a, log_b, a, b = np.log(alpha + cells.T), np.log(beta + cells.T), 1 / (alpha + cells.T), 1 / (beta + cells.T)
    stays = (-log_a, -rate * a, -log_b, -s * b)  # of ln of the first term
    total, of_a, of_inverse_a, of_b, of_inverse_b = gone[0], gone[1], gone[2], gone[3], gone[4]
    slopes = (-of_a, -rate * of_inverse_a, total / s - of_b, -(s + 1) * of_inverse_b)
    first_order = [(scale * stays[i] + slopes[i]) / z for i in range(4)]
    bends = {
        (0, 0): gone[5], (0, 1): -of_inverse_a + rate * gone[6], (0, 2): -of_a / s + gone[7], (0, 3): (s + 1) * gone[8],
        (1, 1): rate * (rate + 1) * gone[9], (1, 2): -rate * of_inverse_a / s + rate * gone[10], (1, 3): rate * (s + 1) * gone[11],
        (2, 2): -2 * of_b / s + gone[12], (2, 3): -(s + 1) * of_inverse_b / s - of_inverse_b + (s + 1) * gone[13],
        (3, 3): (s + 1) * (s + 2) * gone[14],
    }  # fmt: skip
    own = {(0, 1): -a, (1, 1): rate * a * a, (2, 3): -b, (3, 3): s * b * b}
    hessian = np.zeros((4, 4))
    for (i, j), bend in bends.items():
        of_stay = stays[i] * stays[j] + own.get((i, j), 0.0)
        hessian[i, j] = dot(n, (scale * of_stay + bend) / z - first_order[i] * first_order[j])
    return dot(n, np.log(z) + tails.k[first]), np.array([dot(n, d) for d in first_order]), hessian


def _of_counts(cells: Cells, parameters: Floats) -> tuple[float, Floats, Floats]:
    r, alpha, s, beta = parameters
    starts = np.flatnonzero(np.concatenate(([True], cells.x[1:] != cells.x[:-1])))
    n, x = np.add.reduceat(cells.n, starts), cells.x[starts].astype(np.float64)
    total = float(n.sum())
    value = dot(n, gammaln(r + x) - gammaln(r)) + total * (r * np.log(alpha) + s * np.log(beta))
    gradient = np.array([
        dot(n, digamma(r + x) - digamma(r)) + total * np.log(alpha), total * r / alpha, total * np.log(beta), total * s / beta,
    ])  # fmt: skip
    hessian = np.zeros((4, 4))
    hessian[0, 0] = dot(n, polygamma(1, r + x) - polygamma(1, r))
    hessian[0, 1], hessian[1, 1] = total / alpha, -total * r / alpha**2
    hessian[2, 3], hessian[3, 3] = total / beta, -total * s / beta**2
    return value, gradient, hessian


def _tails_of(cells: Cells, parameters: Floats) -> tuple[_Tails, Integers, Integers]:
    return _tails(parameters, cells.x, cells.t_x, cells.T, only_whole=False)


def _tails(parameters: Floats, x: Integers, t_x: Floats, T: Floats, *, only_whole: bool) -> tuple[_Tails, Integers, Integers]:  # noqa: N803
    """The tails of all pairs of x with t_x or T, and the places of either in them."""
    times, place = np.unique(np.concatenate((t_x, T)), return_inverse=True)
    key = np.concatenate((x, x)) * len(times) + place
    pairs, where = np.unique(key, return_inverse=True)
    of_x, of_t = (pairs // len(times)).astype(np.float64), times[pairs % len(times)]
    parts = [_integrated(parameters, of_x[rows], of_t[rows], only_whole=only_whole) for rows in _chunks(of_x)]
    r, alpha, s, beta = parameters
    k = -(r + of_x) * np.log(alpha + of_t) - s * np.log(beta + of_t)
    return _Tails(k, np.concatenate(parts, axis=1)), where[: len(x)], where[len(x) :]


def _chunks(x: Floats) -> list[slice]:
    """Pairs, sorted by x, in parts that fit into the processor's memory and need about as many points of v."""
    bounds = np.searchsorted(x, [0, 1, 2, 3, *(2.0 ** np.arange(2, 22, 0.5))])
    edges = np.unique([*bounds, *range(0, len(x), _PAIRS), len(x)]).tolist()
    return [slice(low, high) for low, high in pairwise(edges)]


def _integrated(parameters: Floats, x: Floats, t: Floats, *, only_whole: bool) -> Floats:
    """Integrals from t on of g over e^k times 1, ln(α+y), 1/(α+y), ln(β+y), 1/(β+y) and products of two of these."""
    r, alpha, s, beta = parameters
    of_a, of_b, rate = (alpha + t)[:, None], (beta + t)[:, None], (r + x)[:, None]
    scale = 1 / (rate / of_a + (s + 1) / of_b)
    v = np.arange(_LOWEST, _highest(of_a, of_b, rate, s, scale) + _STEP, _STEP)
    grown = scale * np.exp(v - np.exp(-v))  # y − t
    ratio_a, ratio_b = np.log1p(grown / of_a), np.log1p(grown / of_b)
    b = 1 / (of_b + grown)
    g = np.exp(-rate * ratio_a - s * ratio_b) * b * grown * (_STEP * (1 + np.exp(-v)))
    found = np.empty((1 if only_whole else 15, len(x)))
    found[0] = g.sum(axis=1)
    if only_whole:
        return found
    a, log_a, log_b = 1 / (of_a + grown), ratio_a + np.log(of_a), ratio_b + np.log(of_b)
    pairs = ((log_a, log_a), (log_a, a), (log_a, log_b), (log_a, b), (a, a), (a, log_b), (a, b), (log_b, log_b), (log_b, b), (b, b))
    for row, factor in enumerate((log_a, a, log_b, b), 1):
        found[row] = np.einsum("ij,ij->i", g, factor)
    for row, (one, other) in enumerate(pairs, 5):
        found[row] = np.einsum("ij,ij,ij->i", g, one, other)
    return found


def _highest(of_a: Floats, of_b: Floats, rate: Floats, s: float, scale: float | Floats) -> float:
    """From which v on nothing is left of any of these tails: bounds by either factor alone where it falls fast enough, and by both."""
    both = np.log(np.maximum(of_a, of_b) / scale) + _TAIL / (rate + s)
    with np.errstate(over="ignore"):
        by_a = np.log(of_a / scale) + np.log(np.expm1(np.minimum((_TAIL + np.log(of_a / scale)) / np.maximum(rate - 1, 1e-3), 600)))
        by_b = np.log(of_b / scale) + np.log(np.expm1(np.minimum((_TAIL + np.log(of_b / scale)) / s, 600)))
    return float(np.minimum(both, np.minimum(by_a, by_b)).max())


@cache
def _legendre() -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(200)
    return np.asarray(nodes), np.asarray(weights)
