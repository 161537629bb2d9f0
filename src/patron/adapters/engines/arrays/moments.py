"""The moment of answers: one for all rows, or one for each customer, so that many can be looked at as of instants of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa

from patron.adapters.engines.arrays.columns import taken
from patron.kernel.errors import UnsupportedError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patron.adapters.engines.arrays.cells import Cell, Sheet
    from patron.adapters.engines.arrays.columns import Column


@dataclass(frozen=True, slots=True)
class Moments:
    """A moment for each of some customers.

    Attributes:
        customers: their ids, rising.
        instants: the moments, one for each.
    """

    customers: NDArray[np.int64]
    instants: pa.Array

    def of(self, whose: pa.Array) -> pa.Array:
        """The moments of the customers of rows; null where a row is nobody's, or somebody else's."""
        if not len(self.customers):
            return pa.nulls(len(whose), self.instants.type)
        ids = whose.fill_null(-1).to_numpy(zero_copy_only=False)
        places = np.minimum(np.searchsorted(self.customers, ids), len(self.customers) - 1)
        return self.instants.take(pa.array(places, mask=self.customers[places] != ids))


Moment: TypeAlias = "pa.Scalar | Moments | None"
"""One for all, one for each customer, or not told."""


def moment_of(sheet: Sheet, whose: Cell | None) -> Cell:
    """The moment of rows, from the customers whom they are about, if they are about any."""
    return sheet.of(_one, sheet.moment) if whose is None else sheet.of(_of_each, sheet.moment, whose)


def moment_of_first(moment: Column, first: pa.Array) -> Column:
    """The moment of groups of rows, of which the first are known."""
    return taken(moment, first) if isinstance(moment, pa.Array) else moment


def _of_each(moment: Moment, whose: pa.Array) -> Column:
    return moment.of(whose) if isinstance(moment, Moments) else moment


def _one(moment: Moment) -> pa.Scalar | None:
    if isinstance(moment, Moments):
        raise UnsupportedError("a moment of rows that are about no customer")
    return moment
