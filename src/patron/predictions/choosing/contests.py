"""Who wins: the simplest that nobody beats beyond chance, told in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from patron.predictions.choosing.drawings import band
from patron.predictions.choosing.results import Contest
from patron.predictions.judging.measures import NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patron.predictions.choosing.entrants import Entrant
    from patron.predictions.choosing.results import Outcome
    from patron.predictions.histories import Floats

WORST_LOSS = 0.05
"""A challenger may not be worse than this at any origin, however good it is on the mean."""

_DECILES, _SUM, _RANKS = (NAMES.index(name) for name in ("decile_error", "sum_ratio", "spearman"))


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Scores of entrants, lower is better.

    Attributes:
        by_origin: (origins, 1 + drawings, entrants); the first drawing is of all customers as they are.
        origins: names.
    """

    by_origin: Floats
    origins: tuple[str, ...]

    @property
    def means(self) -> Floats:
        """Over origins: (1 + drawings, entrants)."""
        mean: Floats = self.by_origin.mean(axis=0)
        return mean


def score(measures: Floats) -> Floats:
    """The mean of decile error, |sum ratio − 1| and 1 − Spearman; a part without an answer counts as 1.

    Args:
        measures: the last axis in the order of `judging.measures.NAMES`.
    """
    parts = [measures[..., _DECILES], np.abs(measures[..., _SUM] - 1.0), 1.0 - measures[..., _RANKS]]
    mean: Floats = np.mean([np.where(np.isfinite(p), p, 1.0) for p in parts], axis=0)
    return mean


def winner(entrants: Sequence[tuple[int, Entrant]], scores: Scores) -> tuple[Entrant, tuple[Contest, ...]]:
    """The last to take the place from a simpler one, and all contests.

    Args:
        entrants: candidates with their places among the scores, the simplest first.
        scores: of all.
    """
    best, contests = entrants[0], []
    for challenger in entrants[1:]:
        contest = measured(challenger, best, scores)
        contests.append(contest)
        if contest.outcome == "better":
            best = challenger
    return best[1], tuple(contests)


def measured(challenger: tuple[int, Entrant], incumbent: tuple[int, Entrant], scores: Scores) -> Contest:
    """A challenger measured against the one that was best so far; both with their places among the scores."""
    difference = band(scores.means[:, challenger[0]] - scores.means[:, incumbent[0]])
    here = scores.by_origin[:, 0]
    outcome: Outcome
    if (difference.value or 0.0) == 0.0 or (difference.low or 0.0) <= 0.0 <= (difference.high or 0.0):
        outcome = "tie"
    elif (difference.value or 0.0) > 0.0:
        outcome = "worse"
    elif (here[:, challenger[0]] > here[:, incumbent[0]] * (1 + WORST_LOSS)).any():
        outcome = "loses an origin"
    else:
        outcome = "better"
    return Contest(challenger[1].name, incumbent[1].name, difference, outcome)


def told(chosen: Entrant, contests: Sequence[Contest], entrants: Sequence[Entrant], scores: Scores) -> str:
    """Why, in sentences."""
    titles = {e.name: e.title for e in entrants}
    place = [e.name for e in entrants].index(chosen.name)
    own = f"its score, over {len(scores.origins)} origins, is {scores.means[0, place]:.3f} (0 is perfect)"
    first = f"{chosen.title[0].upper()}{chosen.title[1:]} is taken: {own}."
    apart = {e.name: f" It takes part in the back-test only: {e.why_not}." for e in entrants if e.why_not}
    return " ".join([first, *(_sentence(c, titles, scores, [e.name for e in entrants]) + apart.get(c.challenger, "") for c in contests)])


def _sentence(contest: Contest, titles: Mapping[str, str], scores: Scores, names: Sequence[str]) -> str:
    one, other = titles[contest.challenger], titles[contest.incumbent]
    one = one[0].upper() + one[1:]
    d = contest.difference
    chance = f"{d.value:+.3f}, 90 % band {d.low:+.3f} to {d.high:+.3f}" if d.low is not None else f"{d.value:+.3f}"
    match contest.outcome:
        case "better":
            return f"{one} is better than {other} ({chance})."
        case "worse":
            return f"{one} is worse than {other} ({chance})."
        case "tie":
            return f"{one} and {other} differ by no more than chance ({chance}), so the simpler stays."
        case "loses an origin":
            here = scores.by_origin[:, 0]
            ratio = here[:, names.index(contest.challenger)] / here[:, names.index(contest.incumbent)]
            worst = int(np.argmax(ratio))
            return f"{one} is better than {other} on the mean ({chance}), but {ratio[worst] - 1:.0%} worse at {scores.origins[worst]}."
