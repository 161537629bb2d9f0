"""Purchase histories as arrays: checked, and grouped into cells, for customers with the same history are one row with a weight.

A history is x (repeat purchases), t_x (age at the last of them, 0 if there is none) and T (age now), ages counted from the first purchase.
Cells are sorted, so no answer depends on the order of rows; weights of equal rows add up, so a weight of three is the row three times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_SHOWN = 5
_LARGEST = 1_000_000
_UNITS = (1, 7, 24, 168)
_NEAR = 1e-6


@dataclass(frozen=True, slots=True)
class Cells:
    """Distinct histories, sorted by x, t_x, T.

    Attributes:
        x: repeat purchases.
        t_x: age at the last purchase, in any unit of time.
        T: age at the end of observation, in the same unit.
        n: how many customers have each history; weights add up.
    """

    x: Integers
    t_x: Floats
    T: Floats  # the letter of the papers
    n: Floats

    def __len__(self) -> int:
        """How many distinct histories there are."""
        return len(self.x)

    @property
    def customers(self) -> float:
        """The sum of weights."""
        return float(self.n.sum())

    @property
    def back(self) -> float:
        """How many of them bought again."""
        return float(self.n[self.x > 0].sum())

    def rows(self, begin: int, end: int) -> Cells:
        """Some of the histories, in their order."""
        of = slice(begin, end)
        return Cells(self.x[of], self.t_x[of], self.T[of], self.n[of])

    def with_weights(self, n: Floats) -> Cells:
        """The same histories with other weights; those of weight 0 are left out."""
        kept = n > 0
        return Cells(self.x[kept], self.t_x[kept], self.T[kept], n[kept])


def checked(x: ArrayLike, t_x: ArrayLike, T: ArrayLike, weights: ArrayLike | None = None) -> tuple[Integers, Floats, Floats, Floats]:  # noqa: N803
    """The arrays of histories in the types that models count with.

    Raises:
        InputError: with every problem and the rows it is found in: lengths that differ, values that are missing, negative or not whole,
            a last purchase after the end, a first purchase that is counted as a repeat.
    """
    given = {"x": x, "t_x": t_x, "T": T} | ({} if weights is None else {"weights": weights})
    arrays = as_floats(given)
    of_x, of_t, of_end = arrays["x"], arrays["t_x"], arrays["T"]
    rules = {
        "x": [
            (of_x < 0, "0 or more"),
            (of_x != np.floor(of_x), "a whole number of repeat purchases"),
            (of_x > _LARGEST, "at most a million"),
        ],
        "t_x": [
            (of_t < 0, "0 or more"),
            (of_t > of_end, "at most T, the age at the end"),
            ((of_x == 0) & (of_t != 0), "0, for there is no repeat purchase"),
            ((of_x > 0) & (of_t == 0), "more than 0, for there is a repeat purchase"),
        ],
        "T": [(of_end < 0, "0 or more")],
    }
    if weights is not None:
        rules["weights"] = [(arrays["weights"] < 0, "0 or more")]
    refuse(arrays, rules)
    n = arrays.get("weights", np.ones(len(of_x)))
    if not n.sum() > 0:
        raise InputError(
            "There are no customers to learn from.", [Problem("x", str(len(of_x)) + " rows", "at least one customer with a weight above 0")]
        )
    return of_x.astype(np.int64), of_t, of_end, n


def cells(x: ArrayLike, t_x: ArrayLike, T: ArrayLike, weights: ArrayLike | None = None) -> Cells:  # noqa: N803
    """Histories grouped into cells.

    Args:
        x: repeat purchases, whole numbers.
        t_x: age at the last purchase, any unit of time.
        T: age now, the same unit.
        weights: how many customers each row stands for; 1 when not given.

    Raises:
        InputError: as `checked`.
    """
    of_x, of_t, of_end, n = checked(x, t_x, T, weights)
    if weights is not None:
        kept = n > 0
        of_x, of_t, of_end, n = of_x[kept], of_t[kept], of_end[kept], n[kept]
    ticks = _ticks(of_t, of_end)
    if ticks is not None:
        first, last = ticks
        wide = int(last.max()) + 1
        if (int(of_x.max()) + 1) * wide * wide < 1 << 62:
            return _grouped((of_x * wide + first) * wide + last, of_x, of_t, of_end, n)
    order = np.lexsort((of_end, of_t, of_x))
    parts = of_x[order], of_t[order], of_end[order]
    differs = np.ones(len(order), dtype=bool)
    differs[1:] = np.logical_or.reduce([p[1:] != p[:-1] for p in parts])
    starts = np.flatnonzero(differs)
    return Cells(parts[0][starts], parts[1][starts], parts[2][starts], np.add.reduceat(n[order], starts))


def as_floats(given: Mapping[str, ArrayLike]) -> dict[str, Floats]:
    """Arrays of numbers of one length, none missing.

    Raises:
        InputError: they are not.
    """
    problems, arrays = [], {}
    for name, values in given.items():
        try:
            array = np.atleast_1d(np.asarray(values, dtype=np.float64))
        except (TypeError, ValueError):
            problems.append(Problem(name, type(values).__name__, "an array of numbers"))
            continue
        if array.ndim != 1:
            problems.append(Problem(name, f"{array.ndim} dimensions", "one dimension"))
        arrays[name] = array
    if not problems:
        lengths = {name: len(a) for name, a in arrays.items()}
        if len(set(lengths.values())) > 1:
            found = ", ".join(f"{name} {n:,}" for name, n in lengths.items())
            problems.append(Problem("arrays", found, "the same number of rows in each"))
        elif not next(iter(lengths.values()), 0):
            problems.append(Problem(", ".join(lengths), "0 rows", "at least one row"))
    if problems:
        raise InputError("The arrays cannot be used.", problems)
    refuse(arrays, {name: [(~np.isfinite(a), "a number that is neither missing nor infinite")] for name, a in arrays.items()})
    return arrays


def refuse(arrays: Mapping[str, Floats], rules: Mapping[str, list[tuple[Flags, str]]]) -> None:
    """Raise for rows that break a rule: (where it is broken, what was expected) by the name of an array.

    Raises:
        InputError: any rule is broken anywhere.
    """
    problems = []
    for name, of_name in rules.items():
        for broken, expected in of_name:
            rows = np.flatnonzero(broken)
            if len(rows):
                shown = ", ".join(map(str, rows[:_SHOWN].tolist()))
                more = f" and {len(rows) - _SHOWN:,} more" if len(rows) > _SHOWN else ""
                problems.append(Problem(f"{name}, row {shown}{more}", f"{arrays[name][rows[0]]:g}", expected))
    if problems:
        raise InputError("Some histories cannot be used. Rows are counted from 0.", problems)


def dot(a: Floats, b: Floats) -> float:
    """A sum of products that does not depend on how many threads an algebra library takes."""
    return float((a * b).sum())


def horizon(t: float) -> float:
    """A span of time.

    Raises:
        InputError: it is negative or no number.
    """
    span = np.atleast_1d(np.float64(t))
    refuse({"t": span}, {"t": [(~np.isfinite(span) | (span < 0), "a span of time of 0 or more")]})
    return float(t)


def _ticks(first: Floats, last: Floats) -> tuple[Integers, Integers] | None:
    """Ages as whole numbers of some part of the unit: days, or weeks that were days."""
    for unit in _UNITS:
        ticks = []
        for ages in (last, first):
            whole = np.rint(ages * unit)
            if np.abs(whole / unit - ages).max() > _NEAR * 1e-6 * max(1.0, float(ages.max())):
                break
            ticks.append(whole.astype(np.int64))
        if len(ticks) == 2:
            return ticks[1], ticks[0]
    return None


def _grouped(key: Integers, x: Integers, t_x: Floats, T: Floats, n: Floats) -> Cells:  # noqa: N803
    if (key[1:] > key[:-1]).all():
        return Cells(x, t_x, T, n)
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    rows = order[starts]
    return Cells(x[rows], t_x[rows], T[rows], np.add.reduceat(n[order], starts))
