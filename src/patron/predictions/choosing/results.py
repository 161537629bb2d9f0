"""What a choice is made of: kept with the predictions, shown in the report, and read again from JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from patron.predictions.judging.chances import Chance, Coverage, Reliability
from patron.predictions.judging.measures import Decile

if TYPE_CHECKING:
    from collections.abc import Mapping

Outcome = Literal["better", "tie", "worse", "loses an origin"]
Verdict = Literal["chosen", "too few"]
About = Literal["orders", "revenue"]


@dataclass(frozen=True, slots=True)
class Band:
    """A value with the ends of its 90 % band over drawings of customers; None where there is no answer."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Past:
    """An origin in numbers.

    Attributes:
        name: of the day.
        customers: known then.
        back: of them, who had ordered more than once.
        orders: made within the horizon.
        buyers: who made them.
    """

    name: str
    customers: float
    back: float
    orders: float
    buyers: float


@dataclass(frozen=True, slots=True)
class Standing:
    """How an entrant did.

    Attributes:
        model: its name.
        is_candidate: whether it might have been chosen.
        score: mean over origins of decile error, |sum ratio − 1| and 1 − Spearman; lower is better.
        by_origin: the same at each origin.
        doubt: what the data of the last origin alone left in doubt.
        parameters: as fitted at the last origin.
    """

    model: str
    is_candidate: bool
    score: Band
    by_origin: dict[str, float]
    doubt: str
    parameters: dict[str, float]


@dataclass(frozen=True, slots=True)
class Contest:
    """A challenger against the one that was best so far.

    Attributes:
        challenger: a name.
        incumbent: a simpler one's name.
        difference: of their scores; below 0 the challenger is better.
        outcome: who keeps the place, and why.
    """

    challenger: str
    incumbent: str
    difference: Band
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Card:
    """The measures of an entrant at an origin, by name (`judging.Measures`)."""

    model: str
    origin: str
    about: About
    measures: dict[str, Band]


@dataclass(frozen=True, slots=True)
class OfSegment:
    """How an entrant did with some customers, all origins together.

    Attributes:
        segment: who.
        model: the entrant.
        customers: how many, each counted at each origin.
        expected: orders.
        actual: orders.
        sum_ratio: of the two.
        mean_absolute_error: of one customer.
    """

    segment: str
    model: str
    customers: float
    expected: float
    actual: float
    sum_ratio: Band
    mean_absolute_error: Band


@dataclass(frozen=True, slots=True)
class Tenths:
    """Tenths of the customers of an origin by an entrant's prediction, the lowest first."""

    model: str
    origin: str
    deciles: tuple[Decile, ...]


@dataclass(frozen=True, slots=True)
class Odds:
    """Probabilities to order within the horizon beside what happened, all origins together."""

    model: str
    reliability: Reliability


@dataclass(frozen=True, slots=True)
class Covered:
    """Where orders lay beside intervals that are to hold such a share of them, all origins together."""

    model: str
    level: float
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class Absent:
    """Who did not take part, as a sentence calls it, and why."""

    title: str
    why: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Which predictor a shop should use, why, and how good each of them was.

    Attributes:
        verdict: "chosen", or "too few" where the past is too thin to tell and the usual model is taken.
        chosen: the name of the one whose expected orders to use.
        model: the best of the models of buying and leaving, for probabilities and intervals.
        alive: the best of those that tell for everyone whether they have left.
        why: sentences.
        doubt: what the data alone leave in doubt about the chosen one, such as no churn signal.
        horizon: in the unit of time of the ages.
        replicates: how many times customers were drawn.
        pasts: the origins.
        standings: the entrants, the simplest first.
        contests: in the order they took place.
        cards: measures, by entrant, origin, and orders or revenue.
        segments: by segment and entrant.
        tenths: by entrant and origin.
        odds: by entrant.
        covered: by entrant, where it gave intervals.
        absent: who did not take part, and why.
    """

    verdict: Verdict
    chosen: str
    model: str
    alive: str
    why: str
    doubt: str
    horizon: float
    replicates: int
    pasts: tuple[Past, ...]
    standings: tuple[Standing, ...]
    contests: tuple[Contest, ...]
    cards: tuple[Card, ...]
    segments: tuple[OfSegment, ...]
    tenths: tuple[Tenths, ...]
    odds: tuple[Odds, ...]
    covered: tuple[Covered, ...]
    absent: tuple[Absent, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain values, as JSON knows them."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Choice:
        """A choice from what `as_json` gave, also after a way through a file."""
        parts = {
            "pasts": tuple(Past(**d) for d in data["pasts"]),
            "standings": tuple(Standing(**(d | {"score": Band(**d["score"])})) for d in data["standings"]),
            "contests": tuple(Contest(**(d | {"difference": Band(**d["difference"])})) for d in data["contests"]),
            "cards": tuple(Card(**(d | {"measures": {k: Band(**b) for k, b in d["measures"].items()}})) for d in data["cards"]),
            "segments": tuple(OfSegment(**(d | {k: Band(**d[k]) for k in ("sum_ratio", "mean_absolute_error")})) for d in data["segments"]),
            "tenths": tuple(Tenths(**(d | {"deciles": tuple(Decile(**row) for row in d["deciles"])})) for d in data["tenths"]),
            "odds": tuple(Odds(d["model"], _reliability(d["reliability"])) for d in data["odds"]),
            "absent": tuple(Absent(**d) for d in data.get("absent", ())),
            "covered": tuple(Covered(d["model"], d["level"], Coverage(**d["coverage"])) for d in data["covered"]),
        }
        return cls(**(dict(data) | parts))


def _plain(value: object) -> object:
    match value:
        case dict():
            return {key: _plain(v) for key, v in value.items()}
        case tuple():
            return [_plain(v) for v in value]
        case _:
            return value


def _reliability(data: Mapping[str, Any]) -> Reliability:
    return Reliability(tuple(Chance(**row) for row in data["rows"]), data["brier"], data["brier_of_base"])
