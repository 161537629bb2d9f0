"""How good predictions were: expected amounts, probabilities and intervals beside what happened.

`measures` and `deciles` judge orders or revenue; `reliability` judges probabilities, `coverage` intervals; `histogram`, `by_frequency` and
`tracking` draw the pictures by which purchase models are known. Rows may stand for many customers: all take weights.
"""

from __future__ import annotations

from patron.predictions.judging.chances import Chance, Coverage, Reliability, coverage, reliability
from patron.predictions.judging.counting import Histogram, OfFrequency, Tracking, by_frequency, histogram, tracking
from patron.predictions.judging.measures import Decile, Measures, deciles, measures

__all__ = [
    "Chance",
    "Coverage",
    "Decile",
    "Histogram",
    "Measures",
    "OfFrequency",
    "Reliability",
    "Tracking",
    "by_frequency",
    "coverage",
    "deciles",
    "histogram",
    "measures",
    "reliability",
    "tracking",
]
