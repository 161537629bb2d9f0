"""What the owner of a shop may set about features: how scores are cut, and what is believed of orders before they are counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem

Score = Literal["r", "f", "m", "e"]
Method = Literal["quantile", "fixed", "learned"]
SCORES: tuple[Score, ...] = ("r", "f", "m", "e")
LEVELS = 5
BANDS = ("active", "cooling", "lapsing", "lapsed")
"""Churn bands, from the most to the least likely to be still a customer."""
LONGEST_DAYS = 730


@dataclass(frozen=True, slots=True)
class Rule:
    """How one score is made from a feature.

    Attributes:
        feature: the feature that is scored.
        method: `quantile`: a fifth of the customers with an order each, ties together; `fixed`: the owner's cut points; `learned`: where
            the values themselves leave the clearest steps.
        cuts: for `fixed`, the four values at which scores 2 to 5 begin, in the feature's unit; for recency, the days up to which scores
            5 to 2 reach.
    """

    feature: str
    method: Method = "quantile"
    cuts: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse cut points that do not make five scores."""
        given = ", ".join(f"{c:g}" for c in self.cuts)
        if self.method == "fixed" and (len(self.cuts) != LEVELS - 1 or list(self.cuts) != sorted(self.cuts)):
            raise InputError("The cut points cannot be used.", [Problem(f"scores of {self.feature}", given, "four rising numbers")])
        if self.method != "fixed" and self.cuts:
            problem = Problem(f"scores of {self.feature}", given, "no cut points", "set method = 'fixed' to use your own")
            raise InputError("The cut points cannot be used.", [problem])


@dataclass(frozen=True, slots=True)
class ScoreSettings:
    """How the four scores are made."""

    r: Rule = field(default_factory=lambda: Rule("days_since_last_order"))
    f: Rule = field(default_factory=lambda: Rule("order_count"))
    m: Rule = field(default_factory=lambda: Rule("mean_order_value"))
    e: Rule = field(default_factory=lambda: Rule("engagement_points"))

    def rule(self, score: Score) -> Rule:
        """The rule of one score."""
        return {"r": self.r, "f": self.f, "m": self.m, "e": self.e}[score]

    @property
    def features(self) -> tuple[str, ...]:
        """The features that cut points are found in, and the one that tells among whom."""
        return tuple(dict.fromkeys([*(self.rule(score).feature for score in SCORES), "order_count"]))


@dataclass(frozen=True, slots=True)
class LadderSettings:
    """What is believed about the next order before anything is counted.

    Attributes:
        prior: the share of customers who go on to a next order; 45 % is what a shop told of the third order.
        weight: how many customers the belief counts for; the more customers are counted, the less it matters.
        steps: the last step; it stands for all later ones.
        usual_share: a customer is counted at a step once this share of the shop's gaps is shorter than the time since the order:
            whoever ordered yesterday has not had the time to go on.
    """

    prior: float = 0.45
    weight: float = 10.0
    steps: int = 10
    usual_share: float = 0.8


@dataclass(frozen=True, slots=True)
class PredictionSettings:
    """What the owner states about the future.

    Attributes:
        horizon_days: how far ahead models are judged by the back-test.
        discount_rate_per_year: by how much money a year from now is worth less than money today: 0.1 is 10 %.
        churn_bands: the chances to be still a customer at which active, cooling and lapsing begin; below the last a customer has lapsed.
        prior: `few`: what is usual of shops counts too while fewer than 200 customers have come back; `always`; `never`.
        boosting: whether boosted trees take part in back-tests too; they need the extra `patron[boosting]`.
    """

    horizon_days: int = 90
    discount_rate_per_year: float = 0.10
    churn_bands: tuple[float, ...] = (0.8, 0.5, 0.2)
    prior: Literal["few", "always", "never"] = "few"
    boosting: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        problems = []
        bands = self.churn_bands
        are_shares = all(isinstance(b, float) and 0 < b < 1 for b in bands)
        if not are_shares or len(bands) != len(BANDS) - 1 or list(bands) != sorted(bands, reverse=True):
            given = ", ".join(map(str, bands))
            problems.append(Problem("predictions.churn_bands", given, "three falling numbers between 0 and 1"))
        if self.discount_rate_per_year < 0:
            problems.append(Problem("predictions.discount_rate_per_year", f"{self.discount_rate_per_year:g}", "0 or more"))
        if not 1 <= self.horizon_days <= LONGEST_DAYS:
            problems.append(Problem("predictions.horizon_days", str(self.horizon_days), f"a number from 1 to {LONGEST_DAYS}"))
        if problems:
            raise InputError("The settings of predictions cannot be used.", problems)


@dataclass(frozen=True, slots=True)
class FeatureSettings:
    """All settings of features."""

    scores: ScoreSettings = field(default_factory=ScoreSettings)
    ladder: LadderSettings = field(default_factory=LadderSettings)
    predictions: PredictionSettings = field(default_factory=PredictionSettings)


DEFAULTS = FeatureSettings()
