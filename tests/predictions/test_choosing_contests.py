"""Who takes the place of whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from patron.predictions.choosing.contests import Scores, score, told, winner
from patron.predictions.choosing.entrants import STANDARD
from patron.predictions.judging.measures import NAMES

if TYPE_CHECKING:
    from patron.predictions.histories import Floats

THREE = [(i, e) for i, e in enumerate(STANDARD[2:5])]
NAMED = ("March", "June", "September")


def scores(of_entrants: list[list[float]], *, chance: float = 0.001) -> Scores:
    """Scores by entrant and origin, each drawing off by chance, apart for each entrant."""
    here = np.array(of_entrants).T
    off = np.random.default_rng(1).normal(0, chance, (len(here), 100, here.shape[1]))
    return Scores(np.concatenate([here[:, None], here[:, None] + off], axis=1), NAMED)


def outcomes(of: Scores) -> tuple[str, list[str]]:
    best, contests = winner(THREE, of)
    return best.name, [c.outcome for c in contests]


def test_the_better_takes_the_place() -> None:
    assert outcomes(scores([[0.5, 0.5, 0.5], [0.3, 0.3, 0.3], [0.2, 0.2, 0.2]])) == ("mbgnbd", ["better", "better"])


def test_a_difference_within_chance_is_a_tie_and_the_simpler_stays() -> None:
    assert outcomes(scores([[0.5, 0.5, 0.5], [0.3, 0.3, 0.3], [0.299, 0.299, 0.299]], chance=0.01)) == ("bgnbd", ["better", "tie"])


def test_equal_scores_are_a_tie() -> None:
    assert outcomes(scores([[0.5, 0.5, 0.5]] * 3, chance=0.0)) == ("naive_rate", ["tie", "tie"])


def test_a_challenger_that_loses_an_origin_by_more_than_a_twentieth_stays_outside() -> None:
    of = scores([[0.5, 0.5, 0.5], [0.3, 0.3, 0.53], [0.3, 0.3, 0.52]])
    best, contests = winner(THREE, of)
    assert (best.name, [c.outcome for c in contests]) == ("mbgnbd", ["loses an origin", "better"])
    sentence = told(best, contests, [e for _, e in THREE], of)
    assert "BG/NBD is better than the naive rate on the mean" in sentence
    assert "but 6% worse at September" in sentence


def test_why_is_told_in_sentences() -> None:
    of = scores([[0.5, 0.5, 0.5], [0.3, 0.3, 0.3], [0.4, 0.4, 0.4]])
    best, contests = winner(THREE, of)
    sentence = told(best, contests, [e for _, e in THREE], of)
    assert sentence.startswith(
        "BG/NBD is taken: its score, over 3 origins, is 0.300 (0 is perfect). BG/NBD is better than the naive rate (-0.200, 90 % band"
    )
    assert "MBG/NBD is worse than BG/NBD (+0.100, 90 % band" in sentence


def test_the_score_is_the_mean_of_three_errors_and_no_answer_counts_as_1() -> None:
    values = dict.fromkeys(NAMES, 0.0) | {"sum_ratio": 0.7, "spearman": 0.4, "decile_error": 0.2}
    assert score(np.array(list(values.values()))) == pytest.approx((0.2 + 0.3 + 0.6) / 3)
    nothing: Floats = np.full(len(NAMES), np.nan)
    assert score(nothing) == 1.0
