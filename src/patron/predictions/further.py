"""Who takes part beside the standard entrants, where a shop's own past gives reason to: regular buyers, seasons; and why others do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.predictions import cnbd
from patron.predictions.choosing.entrants import REGULAR, STANDARD
from patron.predictions.choosing.results import Absent
from patron.predictions.seasonality import SEASONAL, clock, season, seasonal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from patron.predictions.choosing.entrants import Entrant
    from patron.predictions.choosing.origins import Origin
    from patron.predictions.histories import Floats
    from patron.predictions.seasonality import Clock

LEAST_REGULAR = 1.5
"""Models of regular buyers take part from this k on."""


@dataclass(frozen=True, slots=True)
class Further:
    """Who takes part beside others, and who does not.

    Attributes:
        entrants: the simplest first.
        absent: and why.
    """

    entrants: tuple[Entrant, ...] = ()
    absent: tuple[Absent, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Busy:
    """Orders of each day that were known at an origin.

    Attributes:
        first: the day of the first.
        daily: without gaps, up to the day before the origin.
    """

    first: date
    daily: Floats


def regular(origins: Sequence[Origin]) -> Further:
    """Models of regular buyers, where gaps that were known at each origin are regular enough."""
    titles = " and ".join(e.title for e in REGULAR)
    for at in origins:
        k = None if at.log_gaps is None else cnbd.regularity(at.x, at.t_x, at.log_gaps, weights=at.weights)
        if k is None:
            return Further(absent=(Absent(titles, f"as of {at.name} nobody had ordered on three days, so there were no gaps to compare"),))
        if k < LEAST_REGULAR:
            why = f"as of {at.name} gaps between orders were not regular enough (k is {k:.2f}, and {LEAST_REGULAR:g} is needed)"
            return Further(absent=(Absent(titles, why),))
    return Further(REGULAR)


def by_season(busy: Mapping[str, Busy], horizon_days: int) -> Further:
    """Models in operational time, where two whole years of orders were known at each origin.

    Args:
        busy: by the name of the origin.
        horizon_days: after it.
    """
    clocks: dict[str, Clock] = {}
    of = [e for e in STANDARD if e.name in SEASONAL]
    for name, known in busy.items():
        found = season(known.daily, known.first)
        if found is None:
            why = f"as of {name} there were less than two whole years of orders, and a season is one only if it comes again"
            return Further(absent=(Absent(" and ".join(f"{e.title} by season" for e in of), why),))
        clocks[name] = clock(found, known.first, len(known.daily) - 1, horizon_days)
    return Further(tuple(seasonal(e, clocks) for e in of))
