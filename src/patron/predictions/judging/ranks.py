"""Values in their order, as groups of equal ones: what measures that rank or cut into tenths are worked out from.

Equal values are one group, and a cut that falls into a group takes a part of it, so no measure depends on the order of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from patron.predictions.histories import as_floats, dot, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from patron.predictions.histories import Floats, Integers


@dataclass(frozen=True, slots=True)
class Ranked:
    """Groups of equal values, ascending.

    Attributes:
        values: of each group.
        place: of each row, which group it belongs to.
    """

    values: Floats
    place: Integers

    def sums(self, amounts: Floats) -> Floats:
        """Amounts of rows, added up by group."""
        return np.bincount(self.place, weights=amounts, minlength=len(self.values)).astype(np.float64, copy=False)

    def middle_ranks(self, weights: Floats) -> Floats:
        """The rank of each group, ties averaged, counted from the middle of all."""
        of_groups = self.sums(weights)
        return np.cumsum(of_groups) - of_groups / 2 - of_groups.sum() / 2


def ranked(values: Floats) -> Ranked:
    """Rows grouped by value."""
    found, place = np.unique(values, return_inverse=True)
    return Ranked(found, place)


def gini(weights: Floats, amounts: Floats) -> float:
    """How unevenly amounts are shared out among groups in their order: 0 evenly, towards 1 all to the last; NaN without an amount.

    Args:
        weights: customers of each group, ascending by what ranks them.
        amounts: what each group has together.
    """
    total, sum_of_amounts = float(weights.sum()), float(amounts.sum())
    if not (total > 0 and sum_of_amounts > 0):
        return float("nan")
    under = dot(weights, np.cumsum(amounts) - amounts / 2)
    return 1.0 - 2.0 * under / (total * sum_of_amounts)


def at_shares(shares: Floats, weights: Floats, amounts: Floats) -> Floats:
    """How much the first so many of all customers have together; a group that is cut gives its share.

    Args:
        shares: of all customers, from 0 to 1.
        weights: customers of each group, in order.
        amounts: what each group has together.
    """
    reached = np.concatenate(([0.0], np.cumsum(weights)))
    had = np.concatenate(([0.0], np.cumsum(amounts)))
    found: Floats = np.interp(shares * reached[-1], reached, had)
    return found


def columns(given: Mapping[str, ArrayLike], weights: ArrayLike | None) -> tuple[dict[str, Floats], Floats]:
    """Arrays of one length and their weights, 1 where none are given.

    Raises:
        InputError: lengths differ, something is missing, a weight is negative, or all are 0.
    """
    arrays = as_floats({**given} if weights is None else {**given, "weights": weights})
    n = arrays.pop("weights", np.ones(len(next(iter(arrays.values())))))
    refuse({"weights": n}, {"weights": [(n < 0, "0 or more"), (np.full(len(n), not n.any()), "at least one above 0")]})
    return arrays, n
