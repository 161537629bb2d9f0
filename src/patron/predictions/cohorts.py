"""A model for each cohort that leans on all cohorts where it is small: empirical Bayes.

The logarithms of the parameters of the cohorts are taken to be normal around a centre, the spread of each learned from the cohorts
themselves; then each cohort is fitted with that as its prior. Ten customers get almost the centre, ten thousand almost their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import numpy as np

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem
from patron.predictions.histories import cells, checked
from patron.predictions.model import Fitted
from patron.predictions.optimum import Prior

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from patron.predictions.histories import Cells

__all__ = ["Cohorts", "fit"]

_ROUNDS = 40
_NARROWEST = 0.01
_START = 0.3

M = TypeVar("M", bound=Fitted)
F_co = TypeVar("F_co", bound=Fitted, covariant=True)


class Fit(Protocol[F_co]):
    """`fit` of a module of a purchase model."""

    def __call__(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, *, weights: ArrayLike | None = None, prior: Prior | None = None) -> F_co:  # noqa: N803
        """A fitted model."""
        ...


@dataclass(frozen=True)
class Cohorts(Generic[M]):
    """Models of cohorts.

    Attributes:
        pooled: the model of all customers together, for those of no known cohort.
        models: the model of each cohort.
        prior: what the cohorts have in common: the centre and spread of the logarithms of their parameters.
    """

    pooled: M
    models: Mapping[str, M]
    prior: Prior

    def of(self, cohort: str) -> M:
        """The model of a cohort; of one that was not there, the pooled one."""
        return self.models.get(cohort, self.pooled)


def fit(model: Fit[M], x: ArrayLike, t_x: ArrayLike, T: ArrayLike, cohort: ArrayLike, *, weights: ArrayLike | None = None) -> Cohorts[M]:  # noqa: N803, PLR0913
    """Models of cohorts, each shrunk to what they have in common as far as its customers are few.

    Args:
        model: how to fit one, such as `mbgnbd.fit`.
        x: repeat purchases of each customer.
        t_x: age at the last purchase, 0 when there is none but the first.
        T: age at the end of observation.
        cohort: of each customer, a label.
        weights: how many customers each row stands for.

    Raises:
        InputError: rows that are no histories, or nobody who bought again.
    """
    of_x, of_t, of_end, n = checked(x, t_x, T, weights)
    labels = np.asarray(cohort).astype(str)
    if labels.shape != of_x.shape:
        raise InputError("The arrays cannot be used.", [Problem("cohort", f"{labels.size:,} rows", f"{len(of_x):,} rows")])
    pooled = model(of_x, of_t, of_end, weights=n)
    parts: dict[str, Cells] = {}
    for label in np.unique(labels).tolist():
        rows = np.flatnonzero((labels == label) & (n > 0))
        if len(rows):
            parts[label] = cells(of_x[rows], of_t[rows], of_end[rows], n[rows])
    centre = np.log(pooled.values)
    prior = Prior(tuple(centre.tolist()), (_START,) * len(centre))
    if len(parts) < 2:
        return Cohorts(pooled, dict.fromkeys(parts, pooled), prior)
    for _ in range(_ROUNDS):
        models = {label: model(c.x, c.t_x, c.T, weights=c.n, prior=prior) for label, c in parts.items()}
        renewed = _learned(list(models.values()), prior)
        moved = np.abs(np.subtract(renewed.spread, prior.spread)) / np.asarray(prior.spread)
        prior = renewed
        if moved.max() < 0.02:
            break
    return Cohorts(pooled, models, prior)


def _learned(models: list[M], prior: Prior) -> Prior:
    """The centre and spread that make cohorts like these likeliest, given how well each is known (a step of expectation-maximisation)."""
    logs = np.log(np.array([m.values for m in models]))
    known = np.array(
        [
            np.asarray(prior.spread) ** 2 if m.covariance is None else np.diag(np.asarray(m.covariance)) / np.asarray(m.values) ** 2
            for m in models
        ]
    )
    centre = logs.mean(axis=0)
    spread = np.sqrt(((logs - centre) ** 2 + known).mean(axis=0))
    return Prior(tuple(centre.tolist()), tuple(np.maximum(spread, _NARROWEST).tolist()))
