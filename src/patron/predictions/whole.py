"""Many rows in whole days: read in blocks that fit into the processor's memory, with what depends on one number looked up.

A row costs a few look-ups and one exponential. Rows that are not in whole units, or not histories at all, are left to the usual way, which
names them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import ArrayLike, NDArray

    from patron.predictions.histories import Floats, Integers

    Places = NDArray[np.intp]

_FEWEST = 20_000
_BLOCK = 1 << 15
_DIRECT = 1 << 24


@dataclass(frozen=True, slots=True)
class WholeRows:
    """Histories in whole units, of any type.

    Attributes:
        x: repeat purchases.
        t_x: ages at the last of them.
        T: ages.
        pairs: for each x and T, whether a row has them: a flat table, T fastest.
        most: the greatest x.
        oldest: the greatest T.
    """

    x: NDArray[Any]
    t_x: NDArray[Any]
    T: NDArray[Any]  # the letter of the papers
    pairs: NDArray[np.bool_]
    most: int
    oldest: int

    def alive_and(self, log_odds: Floats, rate: Floats, log_age: Floats, answer: Callable[[Integers, Floats], Floats] | None) -> Floats:
        """The probability to be still here of each row, times an answer for its x and T.

        Args:
            log_odds: by x, of having left, but for the time that passed.
            rate: by x, what the logarithm of the time that passed is multiplied by.
            log_age: by age.
            answer: from distinct pairs of x and T, sorted, to their answers; None for 1.
        """
        wide = self.oldest + 1
        table = np.ones(0)
        if answer is not None:
            there = np.flatnonzero(self.pairs)
            table = np.zeros(len(self.pairs))
            table[there] = answer(there // wide, (there % wide).astype(np.float64))
        found = np.empty(len(self.x))
        with np.errstate(over="ignore"):  # beyond every bound it is infinite, and the chance to be here nothing
            for rows in _blocks(len(self.x)):
                x, ends, odds = _places(self.x[rows]), _places(self.T[rows]), found[rows]
                np.subtract(log_age.take(ends), log_age.take(_places(self.t_x[rows])), out=odds)
                odds *= rate.take(x)
                odds += log_odds.take(x)
                np.exp(odds, out=odds)
                odds += 1.0
                np.divide(1.0 if answer is None else table.take(x * wide + ends), odds, out=odds)
        return found


def whole_rows(x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> WholeRows | None:  # noqa: N803
    """Rows in whole units; None when they are few, or any is not one."""
    arrays: list[NDArray[Any]] = [np.asarray(v) for v in (x, t_x, T)]
    count = len(arrays[0]) if arrays[0].ndim == 1 else 0
    if count < _FEWEST or any(a.shape != (count,) or a.dtype.kind not in "iuf" for a in arrays):
        return None
    most, oldest = float(arrays[0].max()), float(arrays[2].max())
    if not (most + 1) * (oldest + 1) <= _DIRECT:
        return None
    wide = int(oldest) + 1
    pairs = np.zeros((int(most) + 1) * wide, dtype=bool)
    for rows in _blocks(count):
        given = [a[rows] for a in arrays]
        of_x, first, last = (_places(a) for a in given)
        if not all(np.array_equal(of, a) for of, a in zip((of_x, first, last), given, strict=True) if of is not a):
            return None
        if of_x.min() < 0 or first.min() < 0 or (first > last).any() or ((of_x == 0) != (first == 0)).any():
            return None
        pairs[of_x * wide + last] = True
    return WholeRows(arrays[0], arrays[1], arrays[2], pairs, int(most), int(oldest))


def _places(values: NDArray[Any]) -> Places:
    """Values as what looks things up."""
    if values.dtype == np.intp:
        return values
    with np.errstate(invalid="ignore"):
        return values.astype(np.intp)


def _blocks(count: int) -> Iterator[slice]:
    return (slice(begin, begin + _BLOCK) for begin in range(0, count, _BLOCK))
