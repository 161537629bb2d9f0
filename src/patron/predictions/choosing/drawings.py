"""Measures of entrants at an origin, over all customers and over drawings of them.

A drawing gives each customer a Poisson number with mean 1 of appearances: a bootstrap of customers without copying any. Where there are
more rows than a drawing needs to tell how wide chance is, a sample is drawn from, and what is found is narrowed to the number of all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from patron.predictions.choosing.results import Band
from patron.predictions.judging.measures import NAMES, prediction, weighed
from patron.predictions.judging.ranks import ranked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from patron.predictions.choosing.origins import Known
    from patron.predictions.histories import Flags, Floats

LEVEL = 0.9
_SAMPLE = 1 << 31  # marks the stream of the sample among those of the drawings


@dataclass(frozen=True, slots=True)
class Draws:
    """How customers are drawn.

    Attributes:
        seed: of all drawings.
        count: how many.
        most: rows of an origin that are drawn from, at most.
        numbers: more than the highest number of a customer at any origin; 0 where customers have none.
    """

    seed: int
    count: int
    most: int
    numbers: int

    def sample(self, at: Known, place: int) -> Flags:
        """The rows to draw from."""
        if len(at) <= self.most:
            return np.ones(len(at), dtype=bool)
        chances = self._stream(_SAMPLE, place).random(self.numbers or len(at))
        kept: Flags = (chances if at.customers is None else chances[at.customers]) < self.most / len(at)
        return kept

    def weights(self, at: Known, place: int) -> Iterator[Floats]:
        """The appearances of the rows, drawing by drawing; a customer with a number appears as often at every origin."""
        for i in range(self.count):
            stream = self._stream(i, place)
            if at.customers is None:
                yield stream.poisson(at.n).astype(np.float64)
            else:
                yield at.n * stream.poisson(1.0, self.numbers)[at.customers]

    def _stream(self, i: int, place: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, i] if self.numbers else [self.seed, i, place])


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What was found at an origin; the first row is of all customers as they are, the others of drawings.

    Attributes:
        orders: measures of orders, (1 + drawings, entrants, measures).
        revenue: the same of revenue; None where it is not judged.
        segments: (1 + drawings, entrants, customers and expected and actual and missed orders) of each segment.
    """

    orders: Floats
    revenue: Floats | None
    segments: dict[str, Floats]


def found(at: Known, expected: Sequence[Floats], draws: Draws, place: int) -> Found:
    """Measures of all entrants at an origin.

    Args:
        at: the origin.
        expected: orders by each entrant, a row per row of the origin.
        draws: how customers are drawn.
        place: of the origin among all.
    """
    whole = _measured(at, expected, [at.n])
    if not draws.count:
        return whole
    rows = draws.sample(at, place)
    some = at.only(rows)
    drawn = _measured(some, [e[rows] for e in expected], [some.n, *draws.weights(some, place)])
    more = len(at) / len(some)
    revenue = None if whole.revenue is None or drawn.revenue is None else _around(whole.revenue, drawn.revenue, more**-0.5)
    segments = {name: _around(values, drawn.segments[name], more**0.5) for name, values in whole.segments.items()}  # sums grow with rows
    return Found(_around(whole.orders, drawn.orders, more**-0.5), revenue, segments)


def band(values: Floats) -> Band:
    """The first of values, with the ends of the band that the others lie in.

    The band is laid around the value: to errors, which are never below 0, a drawing adds an error of its own.
    """
    first, others = float(values[0]), values[1:][np.isfinite(values[1:])]
    if not np.isfinite(first):
        return Band(None, None, None)
    if not len(others):
        return Band(first, None, None)
    low, middle, high = np.quantile(others, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2]).tolist()
    return Band(first, first + (low - middle), first + (high - middle))


def _around(whole: Floats, drawn: Floats, scale: float) -> Floats:
    """What was found of all, and around it what drawings of a sample found around the sample."""
    return np.concatenate([whole, whole + (drawn[1:] - drawn[0]) * scale])


def _measured(at: Known, expected: Sequence[Floats], weights: Iterable[Floats]) -> Found:
    of_orders = _judge(at.orders, expected)
    of_revenue = None
    if at.revenue is not None and at.order_value is not None:
        of_revenue = _judge(at.revenue, [e * at.order_value for e in expected])
    masks = np.array(list(at.segments.values()), dtype=np.float64)
    columns = np.stack([np.ones(len(at)), at.orders, *expected, *(np.abs(e - at.orders) for e in expected)], axis=1)
    orders, revenue, sums = [], [], []
    for w in weights:
        orders.append(of_orders(w))
        sums.append(np.einsum("ij,jk->ik", masks * w, columns))  # by one thread
        if of_revenue is not None:
            revenue.append(of_revenue(w))
    return Found(np.array(orders), np.array(revenue) if revenue else None, _by_segment(list(at.segments), np.array(sums), len(expected)))


def _judge(actual: Floats, expected: Sequence[Floats]) -> Callable[[Floats], Floats]:
    """From weights to the measures of each entrant's prediction of the same amounts."""
    by_actual, predictions = ranked(actual), [prediction(e, actual) for e in expected]

    def judge(weights: Floats) -> Floats:
        if not weights.any():
            return np.full((len(predictions), len(NAMES)), np.nan)
        of = weighed(actual, by_actual, weights)
        return np.array([p.measured(of) for p in predictions])

    return judge


def _by_segment(names: list[str], sums: Floats, entrants: int) -> dict[str, Floats]:
    """From (drawings, segments, columns) to an array of each segment."""
    customers, actual = (np.repeat(sums[:, :, i, None], entrants, axis=2) for i in (0, 1))
    parts = np.stack([customers, sums[:, :, 2 : 2 + entrants], actual, sums[:, :, 2 + entrants :]], axis=3)
    return {name: parts[:, i] for i, name in enumerate(names)}
