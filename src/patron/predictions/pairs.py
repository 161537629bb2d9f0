"""Answers that depend on x and T alone: worked out once for each pair of them, then looked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from patron.predictions.histories import Floats, Integers

_DIRECT = 1 << 25


@dataclass(frozen=True, slots=True)
class Pairs:
    """Distinct pairs of x and T, sorted by x and then T.

    Attributes:
        x: repeat purchases.
        T: ages.
        place: of each row, which pair is its own.
    """

    x: Integers
    T: Floats  # the letter of the papers
    place: Integers


def pairs_of(x: Integers, T: Floats) -> Pairs:  # noqa: N803
    """The distinct pairs of rows.

    Args:
        x: repeat purchases.
        T: ages.
    """
    ends = T.astype(np.int64)
    if np.array_equal(ends, T):
        first, wide = int(ends.min()), int(ends.max() - ends.min()) + 1
        if (int(x.max()) + 1) * wide <= _DIRECT:
            key = x * wide + (ends - first)
            is_there = np.zeros(int(key.max()) + 1, dtype=bool)
            is_there[key] = True
            there = np.flatnonzero(is_there)
            numbers = np.empty(len(is_there), dtype=np.int64)
            numbers[there] = np.arange(len(there))
            return Pairs(there // wide, (there % wide + first).astype(np.float64), numbers[key])
    order = np.lexsort((T, x))
    of_x, of_end = x[order], T[order]
    differs = np.concatenate(([True], (of_x[1:] != of_x[:-1]) | (of_end[1:] != of_end[:-1])))
    starts = np.flatnonzero(differs)
    place = np.empty(len(x), dtype=np.int64)
    place[order] = np.cumsum(differs) - 1
    return Pairs(of_x[starts], of_end[starts], place)


def by_pair(x: Integers, T: Floats, answer: Callable[[Integers, Floats], Floats]) -> Floats:  # noqa: N803
    """For each row the answer for its x and T; where there are several, a row of answers for each.

    Args:
        x: repeat purchases.
        T: ages.
        answer: from distinct pairs, sorted by x and then T, to their answers, or to several rows of these.
    """
    pairs = pairs_of(x, T)
    found: Floats = answer(pairs.x, pairs.T)[..., pairs.place]
    return found
