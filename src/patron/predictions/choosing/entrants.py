"""Who takes part in the choice: purchase models, and what can be said without one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from patron.predictions import bgnbd, cnbd, mbgnbd, naive, paretonbd
from patron.predictions.again import p_order
from patron.predictions.ahead import orders_within
from patron.predictions.histories import cells

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from patron.predictions.bgnbd import BGNBD
    from patron.predictions.choosing.origins import Known
    from patron.predictions.cnbd import CNBD
    from patron.predictions.histories import Floats
    from patron.predictions.optimum import Prior
    from patron.predictions.paretonbd import ParetoNBD

LEVELS = (0.8, 0.95)
"""How often intervals of orders hold what happens, by the model."""
FEW = 200.0
"""With fewer customers who came back than this, what is usual of shops counts too."""


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """What an entrant expects of the customers of an origin.

    Attributes:
        expected: orders within the horizon.
        p_order: probability of at least one; None where the entrant has no say.
        intervals: lower and upper end of the orders, by how often they hold what happens; empty where the entrant gives none.
        doubt: why its parameters should not be trusted; empty when nothing is wrong.
        parameters: by name.
    """

    expected: Floats
    p_order: Floats | None = None
    intervals: dict[float, tuple[Floats, Floats]] = field(default_factory=dict)
    doubt: str = ""
    parameters: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entrant:
    """One that takes part.

    Attributes:
        name: a slug.
        title: how a sentence calls it.
        forecast: from an origin and the horizon to what it expects.
        is_candidate: whether it may be chosen, or only stands beside.
        is_model: whether it is a model of buying and leaving, with probabilities and intervals.
        tells_who_left: whether its probability of being a customer still says something of everyone, also of those with one order.
        why_not: of one that is measured against the chosen one though it may not be chosen itself, why not; empty for others.
    """

    name: str
    title: str
    forecast: Callable[[Known, float], Forecast]
    is_candidate: bool = True
    is_model: bool = False
    tells_who_left: bool = False
    why_not: str = ""


class Kind(Protocol):
    """A module of a purchase model."""

    def fit(
        self,
        x: ArrayLike,
        t_x: ArrayLike,
        T: ArrayLike,  # noqa: N803
        *,
        weights: ArrayLike | None = None,
        prior: Prior | None = None,
    ) -> BGNBD | ParetoNBD:
        """A fitted model."""
        ...

    def weak_prior(self, T: ArrayLike) -> Prior:  # noqa: N803
        """What is usual of shops."""
        ...


class Thumb(Protocol):
    """A prediction without a model."""

    def expected_purchases(self, t: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
        """Expected purchases from T to T + t."""
        ...

    def p_order(self, t: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
        """The probability of any."""
        ...


def with_care(  # noqa: PLR0913  # a history is three arrays
    kind: Kind,
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,  # noqa: N803
    *,
    weights: ArrayLike | None = None,
    few: float = FEW,
) -> tuple[BGNBD | ParetoNBD, str]:
    """A model fitted as a shop needs it, and what the data alone left in doubt.

    What is usual of shops is added where few customers came back, or where the data alone do not tell the parameters.

    Args:
        kind: the module of the model.
        x: repeat purchases.
        t_x: age at the last.
        T: age.
        weights: how many customers each row stands for.
        few: with fewer who came back, what is usual counts too.
    """
    of = cells(x, t_x, T, weights)
    back = float(of.n[of.x > 0].sum())
    alone = kind.fit(of.x, of.t_x, of.T, weights=of.n) if back else None
    if alone is not None and back >= few and not alone.doubt:
        return alone, ""
    typical = [float(of.n @ of.T) / of.customers]
    model = kind.fit(of.x, of.t_x, of.T, weights=of.n, prior=kind.weak_prior(typical))
    return model, alone.doubt if alone is not None else "too few: nobody came back"


def regular_with_care(  # noqa: PLR0913  # a history is three arrays
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,  # noqa: N803
    log_gaps: ArrayLike,
    *,
    leaves_at_first: bool,
    weights: ArrayLike | None = None,
    few: float = FEW,
) -> tuple[CNBD, str]:
    """As `with_care`, of the model of regular buyers with the likeliest k.

    Args:
        x: repeat purchases.
        t_x: age at the last.
        T: age.
        log_gaps: the sum of the logarithms of each one's gaps.
        leaves_at_first: whether customers may leave after the first purchase too.
        weights: how many customers each row stands for.
        few: with fewer who came back, what is usual counts too.
    """
    of = cells(x, t_x, T, weights)
    alone = None
    if of.back:
        alone = cnbd.most_likely(x, t_x, T, log_gaps, weights=weights, leaves_at_first=leaves_at_first)
        if of.back >= few and not alone.doubt:
            return alone, ""
    k, typical = alone.k if alone else 1, [float(of.n @ of.T) / of.customers]
    model = cnbd.fit(of.x, of.t_x, of.T, weights=of.n, k=k, prior=cnbd.weak_prior(typical, k), leaves_at_first=leaves_at_first)
    return model, alone.doubt if alone else "too few: nobody came back"


def purchases(kind: Kind) -> Callable[[Known, float], Forecast]:
    """The forecast of a purchase model that learns from the histories known at the origin."""

    def forecast(at: Known, horizon: float) -> Forecast:
        return _forecast(*with_care(kind, at.x, at.t_x, at.T, weights=at.n), at, horizon)

    return forecast


def regular(*, leaves_at_first: bool) -> Callable[[Known, float], Forecast]:
    """The forecast of a model of regular buyers, which needs gaps to be known at the origin."""

    def forecast(at: Known, horizon: float) -> Forecast:
        gaps = np.zeros(len(at)) if at.log_gaps is None else at.log_gaps
        model, doubt = regular_with_care(at.x, at.t_x, at.T, gaps, leaves_at_first=leaves_at_first, weights=at.n)
        return _forecast(model, doubt, at, horizon)

    return forecast


def _forecast(model: BGNBD | CNBD | ParetoNBD, doubt: str, at: Known, horizon: float) -> Forecast:
    histories = at.x, at.t_x, at.T
    intervals = {level: orders_within([model], horizon, *histories, level=level) for level in LEVELS}
    return Forecast(model.expected_purchases(horizon, *histories), p_order(model, horizon, *histories), intervals, doubt, model.parameters)


def thumb(fit: Callable[[Known], Thumb]) -> Callable[[Known, float], Forecast]:
    """The forecast of what needs no model."""

    def forecast(at: Known, horizon: float) -> Forecast:
        of = fit(at)
        return Forecast(of.expected_purchases(horizon, at.x, at.t_x, at.T), of.p_order(horizon, at.x, at.t_x, at.T))

    return forecast


def _zero(_: Known) -> Thumb:
    return naive.Zero()


def _naive_rate(at: Known) -> Thumb:
    return naive.naive_rate(at.x, at.t_x, at.T, weights=at.n)


def _recency_rule(at: Known) -> Thumb:
    return naive.recency_rule(at.x, at.t_x, at.T, weights=at.n)


STANDARD = (
    Entrant("zero", "zero", thumb(_zero), is_candidate=False),
    Entrant("recency_rule", "the recency rule", thumb(_recency_rule), is_candidate=False),
    Entrant("naive_rate", "the naive rate", thumb(_naive_rate)),
    Entrant("bgnbd", "BG/NBD", purchases(bgnbd), is_model=True),
    Entrant("mbgnbd", "MBG/NBD", purchases(mbgnbd), is_model=True, tells_who_left=True),
    Entrant("paretonbd", "Pareto/NBD", purchases(paretonbd), is_model=True, tells_who_left=True),
)
"""The simplest first: of two that are as good as each other the first is taken."""
REGULAR = (
    Entrant("bgcnbd", "BG/CNBD-k", regular(leaves_at_first=False), is_model=True),
    Entrant("mbgcnbd", "MBG/CNBD-k", regular(leaves_at_first=True), is_model=True, tells_who_left=True),
)
"""For customers who buy more regularly than by chance; they stand after the others."""
