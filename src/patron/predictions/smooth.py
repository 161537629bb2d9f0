"""Many values of a smooth function, read from a polynomial through a few of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial.chebyshev import chebval

if TYPE_CHECKING:
    from collections.abc import Callable

    from patron.predictions.histories import Floats

_MANY, _TERMS, _LAST = 400, 64, 3  # so many values are worth a polynomial of so many terms, and its last ones tell how good it is
_ACCURATE = 3e-14


def values(at: Floats, function: Callable[[Floats], Floats]) -> Floats:
    """A function at each of some points above 0, to the last digits.

    Where points are many it is read from Chebyshev's polynomial, logarithms of values by those of points, unless that does not tell it so
    well.

    Args:
        at: the points.
        function: of points, above 0 everywhere, asked about all of them or about a few.
    """
    found = _read(at, function) if len(at) >= _MANY else None
    return function(at) if found is None else found


def _read(at: Floats, function: Callable[[Floats], Floats]) -> Floats | None:
    logs = np.log(at)
    low, high = float(logs.min()), float(logs.max())
    if not high > low:
        return None
    angles = np.pi * (np.arange(_TERMS) + 0.5) / _TERMS
    nodes = np.exp((low + high) / 2 + (high - low) / 2 * np.cos(angles))
    of_nodes = np.log(function(nodes))
    terms = (2.0 / _TERMS * of_nodes[None, :] * np.cos(np.arange(_TERMS)[:, None] * angles[None, :])).sum(axis=1)
    terms[0] /= 2
    if not np.abs(terms[-_LAST:]).max() <= _ACCURATE:
        return None
    return np.exp(np.asarray(chebval((2 * logs - low - high) / (high - low), terms)))
