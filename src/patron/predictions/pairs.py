"""Answers that depend on x and T alone: worked out once for each pair of them, then looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from patron.predictions.histories import Floats, Integers

_DIRECT = 1 << 25


def by_pair(x: Integers, T: Floats, answer: Callable[[Integers, Floats], Floats]) -> Floats:  # noqa: N803
    """For each row the answer for its x and T.

    Args:
        x: repeat purchases.
        T: ages.
        answer: from distinct pairs, sorted by x and then T, to their answers.
    """
    ends = T.astype(np.int64)
    if np.array_equal(ends, T):
        first, wide = int(ends.min()), int(ends.max() - ends.min()) + 1
        if (int(x.max()) + 1) * wide <= _DIRECT:
            key = x * wide + (ends - first)
            there = np.flatnonzero(np.bincount(key, minlength=1))
            table = np.zeros(int(there[-1]) + 1)
            table[there] = answer(there // wide, (there % wide + first).astype(np.float64))
            looked_up: Floats = table[key]
            return looked_up
    order = np.lexsort((T, x))
    of_x, of_end = x[order], T[order]
    differs = np.concatenate(([True], (of_x[1:] != of_x[:-1]) | (of_end[1:] != of_end[:-1])))
    starts = np.flatnonzero(differs)
    found = np.empty(len(x))
    found[order] = answer(of_x[starts], of_end[starts])[np.cumsum(differs) - 1]
    return found
