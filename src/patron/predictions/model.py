"""What every purchase model offers, and what their fits have in common."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

import numpy as np

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from patron.predictions.histories import Cells, Floats, Integers
    from patron.predictions.optimum import Optimum, Prior

NO_SIGNAL = "no churn signal: nothing in these histories tells how many have left"
TOO_FEW = "too few: nobody came back, or too few did, for the parameters to be told apart"
NOT_IDENTIFIED = "not identified: very different parameters fit these histories equally well"
_MANY = 200.0


class PurchaseModel(Protocol):
    """Counts purchases to come from histories: x repeat purchases, the last at age t_x, observed until age T, all in one unit of time."""

    name: ClassVar[str]

    def p_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
        """The probability of each customer to be still a customer at T."""
        ...

    def expected_purchases(self, t: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Floats:  # noqa: N803
        """Expected purchases of each customer from T to T + t."""
        ...

    def expected_of_new(self, t: ArrayLike) -> Floats:
        """Expected repeat purchases of a customer from the first purchase to age t."""
        ...

    def pmf_of_new(self, t: float, largest: int) -> Floats:
        """Probabilities of 0 … `largest` repeat purchases by age t."""
        ...

    def simulate(self, T: ArrayLike, *, seed: int) -> tuple[Integers, Floats]:  # noqa: N803
        """Histories of new customers observed until T, in continuous time: x and t_x."""
        ...


@dataclass(frozen=True)
class Fitted:
    """Parameters with what is known of them.

    Attributes:
        values: the parameters in the order of `names`.
        log_likelihood: at the values, without any prior; NaN for parameters that were given, not fitted.
        covariance: of the values; None where the data do not tell.
        customers: how many were learned from.
        doubt: why the parameters should not be trusted; empty when nothing is wrong.
    """

    name: ClassVar[str]
    names: ClassVar[tuple[str, ...]]
    values: tuple[float, ...]
    log_likelihood: float = float("nan")
    covariance: tuple[tuple[float, ...], ...] | None = None
    customers: float = 0.0
    doubt: str = ""

    @property
    def parameters(self) -> dict[str, float]:
        """The values by name."""
        return dict(zip(self.names, self.values, strict=True))

    @property
    def standard_errors(self) -> dict[str, float] | None:
        """Square roots of the diagonal of the covariance, by name; None where the data do not tell."""
        if self.covariance is None:
            return None
        return dict(zip(self.names, np.sqrt(np.diag(np.asarray(self.covariance))).tolist(), strict=True))

    def draws(self, count: int, *, seed: int = 0) -> tuple[Self, ...]:
        """Models that are as likely as this one: parameters drawn from the normal around the logarithms (Laplace's approximation).

        Without a covariance there is one answer only: this model.
        """
        if self.covariance is None:
            return (self,)
        values = np.asarray(self.values)
        of_logs = np.asarray(self.covariance) / np.outer(values, values)
        drawn = np.random.default_rng(seed).multivariate_normal(np.log(values), of_logs, size=count, method="eigh")
        return tuple(replace(self, values=tuple(row)) for row in np.exp(np.clip(drawn, -20, 20)).tolist())

    def interval(self, answer: Callable[[Self], Floats], *, level: float = 0.9, count: int = 200, seed: int = 0) -> tuple[Floats, Floats]:
        """The lower and upper end of what an answer may be, for the parameters are estimates.

        Args:
            answer: from a model to an array, such as `lambda m: m.expected_purchases(90, x, t_x, T)`.
            level: the share of likely answers between the ends.
            count: how many likely models are asked.
            seed: of the draws.
        """
        answers = np.stack([answer(m) for m in self.draws(count, seed=seed)])
        low, high = np.quantile(answers, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return low, high


@dataclass(frozen=True)
class Buying(Fitted):
    """A model in which customers buy at rates λ ~ Gamma(r, alpha)."""

    @property
    def r(self) -> float:
        """Shape of the rates of buying."""
        return self.values[0]

    @property
    def alpha(self) -> float:
        """Rate parameter of the rates of buying, in units of time."""
        return self.values[1]


@dataclass(frozen=True)
class LeavingAfterPurchase(Buying):
    """One in which they leave after a purchase, with probabilities p ~ Beta(a, b)."""

    names: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")

    @property
    def a(self) -> float:
        """First parameter of the probabilities of leaving."""
        return self.values[2]

    @property
    def b(self) -> float:
        """Second parameter of the probabilities of leaving."""
        return self.values[3]


def arguments(found: Optimum, customers: float, doubt: str) -> dict[str, Any]:
    """What a fit says in the words of `Fitted`."""
    covariance = None if doubt else found.covariance
    return {
        "values": tuple(found.parameters.tolist()),
        "log_likelihood": found.value,
        "covariance": None if covariance is None else tuple(map(tuple, covariance.tolist())),
        "customers": customers,
        "doubt": doubt,
    }


def refuse_without_repeats(histories: Cells, prior: Prior | None) -> None:
    """Raise where nobody bought again and no prior says what is usual.

    Raises:
        InputError: so.
    """
    if prior is None and not histories.x.any():
        problem = Problem("x", "0 in every row", "customers who bought again", "with a prior there is an answer: `prior=weak_prior(T)`")
        raise InputError("Nobody bought again, so nothing can be learned about buying again.", [problem])


def doubt_of(leaving: float, least: float, back: float) -> str:
    """Why parameters that have no summit cannot be trusted.

    Args:
        leaving: how much customers leave by them, in any measure.
        least: below it they say that nobody leaves.
        back: customers who came back.
    """
    if leaving < least:
        return NO_SIGNAL
    return TOO_FEW if back < _MANY else NOT_IDENTIFIED


def thinned(cells: Cells, most: int = 20_000) -> Cells | None:
    """Every so-manieth cell, to find where to start; None when there are few."""
    if len(cells) <= 2 * most:
        return None
    step = -(-len(cells) // most)
    rows = slice(step // 2, None, step)
    return type(cells)(cells.x[rows], cells.t_x[rows], cells.T[rows], cells.n[rows])
