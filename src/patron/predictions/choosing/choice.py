"""The choice of a predictor by what it would have said on days of the shop's own past."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem
from patron.predictions.choosing.contests import Scores, measured, score, told, winner
from patron.predictions.choosing.drawings import Draws, band, found
from patron.predictions.choosing.entrants import STANDARD
from patron.predictions.choosing.origins import known
from patron.predictions.choosing.results import Card, Choice, Covered, Odds, OfSegment, Past, Standing, Tenths
from patron.predictions.histories import horizon as span
from patron.predictions.judging.chances import coverage, reliability
from patron.predictions.judging.measures import NAMES, deciles

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from patron.predictions.choosing.drawings import Found
    from patron.predictions.choosing.entrants import Entrant, Forecast
    from patron.predictions.choosing.origins import Known, Origin
    from patron.predictions.choosing.results import About, Contest, Verdict
    from patron.predictions.histories import Floats

LEAST_ORIGINS = 3
LEAST_ORDERS = 30
"""With fewer orders within the horizon at any origin, what chance does is as large as what models differ by."""


@dataclass(frozen=True, slots=True, eq=False)
class _Backtest:
    """Everything that was found, before it is told."""

    horizon: float
    entrants: tuple[Entrant, ...]
    pasts: tuple[Known, ...]
    forecasts: tuple[tuple[Forecast, ...], ...]
    found: tuple[Found, ...]
    scores: Scores

    def candidates(self, *, flag: str = "is_candidate") -> list[tuple[int, Entrant]]:
        """Who may be chosen, with places: all, or those with a further virtue."""
        return [(i, e) for i, e in enumerate(self.entrants) if e.is_candidate and getattr(e, flag)]

    def each(self) -> Iterator[tuple[int, Entrant, int, Known]]:
        """Entrants with their places, each with all origins and theirs."""
        return ((m, e, o, at) for m, e in enumerate(self.entrants) for o, at in enumerate(self.pasts))


def choose(  # noqa: PLR0913  # options of one call
    origins: Sequence[Origin],
    horizon: float,
    *,
    entrants: Sequence[Entrant] = STANDARD,
    replicates: int = 200,
    seed: int = 0,
    most: int = 30_000,
) -> Choice:
    """Which predictor to use, why, and how good each would have been.

    At each origin every entrant learns from what was known then, and is judged by the horizon after it. A challenger takes the place of a
    simpler one when its mean score is better beyond what drawings of customers do (90 %), and at no origin worse by more than 5 %.

    Args:
        origins: three or more days of the past, in the order of time; customers known then, what they did within the horizon.
        horizon: in the unit of time of the ages.
        entrants: the simplest first.
        replicates: how many times customers are drawn for the bands.
        seed: of the drawings.
        most: rows of an origin that are drawn from, at most.

    Raises:
        InputError: rows that are no histories, two origins of one name, no entrant that may be chosen.
    """
    names = [o.name for o in origins]
    if len(set(names)) < len(names) or not any(e.is_candidate and e.tells_who_left for e in entrants):
        problem = Problem(
            "origins, entrants", ", ".join(names), "origins of different names, and an entrant that may be chosen and tells who left"
        )
        raise InputError("Nothing can be chosen.", [problem])
    if not origins:
        return _without_a_past(entrants, span(horizon))
    test = _backtest([known(o, span(horizon)) for o in origins], span(horizon), tuple(entrants), (seed, replicates, most))
    return _choice(test, replicates)


def _backtest(pasts: Sequence[Known], horizon: float, entrants: tuple[Entrant, ...], drawn: tuple[int, int, int]) -> _Backtest:
    forecasts = tuple(tuple(e.forecast(at, horizon) for e in entrants) for at in pasts)
    draws = Draws(*drawn, max((int(at.customers.max()) + 1 for at in pasts if at.customers is not None), default=0))
    results = tuple(found(at, [f.expected for f in of], draws, i) for i, (at, of) in enumerate(zip(pasts, forecasts, strict=True)))
    scores = Scores(np.array([score(f.orders) for f in results]), tuple(at.name for at in pasts))
    return _Backtest(horizon, entrants, tuple(pasts), forecasts, results, scores)


def _choice(test: _Backtest, replicates: int) -> Choice:
    chosen, contests = winner(test.candidates(), test.scores)
    model, of_models = winner(test.candidates(flag="is_model"), test.scores)
    alive, of_alive = winner(test.candidates(flag="tells_who_left"), test.scores)
    verdict: Verdict = "chosen"
    beside = [measured(place, (test.entrants.index(chosen), chosen), test.scores) for place in enumerate(test.entrants) if place[1].why_not]
    why = told(chosen, [*contests, *beside], test.entrants, test.scores)
    thin = _thin(test.pasts)
    if thin:
        verdict, chosen, model, alive = "too few", *(test.candidates(flag="tells_who_left")[0][1],) * 3
        why = f"{thin} {_usual(chosen)}"
    doubt = test.forecasts[-1][test.entrants.index(chosen)].doubt
    if doubt:
        why = f"{why} Of {chosen.title} at {test.pasts[-1].name}: {doubt}."
    return Choice(
        verdict=verdict, chosen=chosen.name, model=model.name, alive=alive.name, why=why, doubt=doubt, horizon=test.horizon,
        replicates=replicates, pasts=tuple(_past(at) for at in test.pasts), standings=_standings(test),
        contests=_once([*contests, *of_models, *of_alive, *beside]), cards=tuple(_cards(test)), segments=tuple(_segments(test)),
        tenths=tuple(Tenths(e.name, at.name, deciles(test.forecasts[o][m].expected, at.orders, at.n)) for m, e, o, at in test.each()),
        odds=tuple(_odds(test)), covered=tuple(_covered(test)),
    )  # fmt: skip


def _without_a_past(entrants: Sequence[Entrant], horizon: float) -> Choice:
    usual = next(e for e in entrants if e.is_candidate and e.tells_who_left)
    why = f"There is no day of the past to judge by. {_usual(usual)}"
    return Choice("too few", usual.name, usual.name, usual.name, why, "", horizon, 0, *((),) * 8)


def _thin(pasts: Sequence[Known]) -> str:
    """Why the past is too thin to choose by; empty when it is not."""
    if len(pasts) < LEAST_ORIGINS:
        return f"Too few: {len(pasts)} of at least {LEAST_ORIGINS} days of the past to judge by."
    fewest = min(pasts, key=lambda at: float(at.n @ at.orders))
    orders = float(fewest.n @ fewest.orders)
    if orders >= LEAST_ORDERS:
        return ""
    found = f"after {fewest.name} there were {orders:,.0f} orders within the horizon"
    return f"Too few: {found}, and {LEAST_ORDERS} are needed to tell models apart."


def _usual(entrant: Entrant) -> str:
    return f"{entrant.title}, with what is usual of shops, is taken until there is more to go by."


def _once(contests: Sequence[Contest]) -> tuple[Contest, ...]:
    return tuple({(c.challenger, c.incumbent): c for c in contests}.values())


def _past(at: Known) -> Past:
    n = at.n
    return Past(at.name, float(n.sum()), float(n @ (at.x > 0)), float(n @ at.orders), float(n @ (at.orders > 0)))


def _standings(test: _Backtest) -> tuple[Standing, ...]:
    means, last = test.scores.means, test.forecasts[-1]
    return tuple(
        Standing(
            e.name, e.is_candidate, band(means[:, m]),
            dict(zip(test.scores.origins, test.scores.by_origin[:, 0, m].tolist(), strict=True)), last[m].doubt, last[m].parameters,
        )
        for m, e in enumerate(test.entrants)
    )  # fmt: skip


def _cards(test: _Backtest) -> Iterator[Card]:
    for m, e, o, at in test.each():
        abouts: list[tuple[About, Floats | None]] = [("orders", test.found[o].orders), ("revenue", test.found[o].revenue)]
        for about, values in abouts:
            if values is not None:
                yield Card(e.name, at.name, about, {name: band(values[:, m, k]) for k, name in enumerate(NAMES)})


def _segments(test: _Backtest) -> Iterator[OfSegment]:
    for name in dict.fromkeys(name for f in test.found for name in f.segments):
        sums = sum(f.segments[name] for f in test.found if name in f.segments)
        for m, e in enumerate(test.entrants):
            customers, expected, actual, missed = np.moveaxis(np.asarray(sums)[:, m], -1, 0)
            ratio, error = (np.divide(a, b, out=np.full_like(a, np.nan), where=b > 0) for a, b in ((expected, actual), (missed, customers)))
            yield OfSegment(name, e.name, float(customers[0]), float(expected[0]), float(actual[0]), band(ratio), band(error))


def _odds(test: _Backtest) -> Iterator[Odds]:
    happened = np.concatenate([at.orders > 0 for at in test.pasts])
    weights = np.concatenate([at.n for at in test.pasts])
    for m, e in enumerate(test.entrants):
        said = [of[m].p_order for of in test.forecasts]
        if all(p is not None for p in said):
            yield Odds(e.name, reliability(np.concatenate([p for p in said if p is not None]), happened, weights))


def _covered(test: _Backtest) -> Iterator[Covered]:
    actual = np.concatenate([at.orders for at in test.pasts])
    weights = np.concatenate([at.n for at in test.pasts])
    for m, e in enumerate(test.entrants):
        said = [of[m].intervals for of in test.forecasts]
        for level in [level for level in said[0] if all(level in of for of in said)]:
            low, high = (np.concatenate([of[level][i] for of in said]) for i in (0, 1))
            yield Covered(e.name, level, coverage(low, high, actual, weights))
