"""Purchase models whose customers differ by something known from the start: channel, country, a first order with a coupon.

From Fader and Hardie (2007), "Incorporating Time-Invariant Covariates into the Pareto/NBD and BG/NBD Models": with covariates z the
parameter alpha is α exp(−γ'z), so that a positive γ is buying more often. Of leaving it is beta, β exp(−γ'z), in Pareto/NBD, and a,
a exp(γ'z), in (M)BG/NBD: a positive γ is leaving sooner. (Scaling a and b alike, as others do, is hardly told by data.) Effects are held
back by a normal around 0. Customers are grouped by covariates, so these should have few values; give a label as columns of 0 and 1, one
less than it has values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem
from patron.predictions import bgnbd, exponential, geometric, paretonbd
from patron.predictions.bgnbd import BGNBD
from patron.predictions.histories import as_floats, cells, checked
from patron.predictions.model import TOO_FEW
from patron.predictions.optimum import Prior, maximum
from patron.predictions.paretonbd import ParetoNBD

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike

    from patron.predictions.histories import Cells, Floats

__all__ = ["WithCovariates", "fit"]

_MOST = 2_000
_SIGNS = {"alpha": -1.0, "beta": -1.0, "a": 1.0}

M = TypeVar("M", bound=BGNBD | ParetoNBD)


@dataclass(frozen=True)
class WithCovariates(Generic[M]):
    """A fitted model with the effects of covariates.

    Attributes:
        base: the model of customers whose covariates are all 0.
        covariates: their names.
        effects: γ of each covariate, by the parameter it moves.
        standard_errors: of the effects, alike; None where the data do not tell.
        log_likelihood: without what holds the effects back.
    """

    base: M
    covariates: tuple[str, ...]
    effects: dict[str, tuple[float, ...]]
    standard_errors: dict[str, tuple[float, ...]] | None
    log_likelihood: float

    def of(self, z: Sequence[float]) -> M:
        """The model of customers with these covariates."""
        moved = dict(self.base.parameters)
        for parameter, effects in self.effects.items():
            moved[parameter] *= float(np.exp(_SIGNS[parameter] * np.dot(effects, z)))
        return replace(self.base, values=tuple(moved.values()), covariance=None, log_likelihood=float("nan"))

    def p_alive(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, z: ArrayLike) -> Floats:  # noqa: N803
        """The probability of each customer to be still a customer at T; z has a row for each and a column for each covariate."""
        return self._answers(x, t_x, T, z, lambda model, *history: model.p_alive(*history))

    def expected_purchases(self, t: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, z: ArrayLike) -> Floats:  # noqa: N803
        """Expected purchases of each customer from T to T + t; z has a row for each and a column for each covariate."""
        return self._answers(x, t_x, T, z, lambda model, *history: model.expected_purchases(t, *history))

    def _answers(self, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, z: ArrayLike, answer: Callable[..., Floats]) -> Floats:  # noqa: N803
        of_x, of_t, of_end, _ = checked(x, t_x, T)
        groups, place = _groups(z, len(of_x), self.covariates)
        found = np.empty(len(of_x))
        for group, values in enumerate(groups.tolist()):
            rows = np.flatnonzero(place == group)
            found[rows] = answer(self.of(values), of_x[rows], of_t[rows], of_end[rows])
        return found


def fit(  # noqa: PLR0913
    model: type[M], x: ArrayLike, t_x: ArrayLike, T: ArrayLike, z: ArrayLike, *,  # noqa: N803
    names: Sequence[str], weights: ArrayLike | None = None, spread: float = 1.0, prior: Prior | None = None,
) -> WithCovariates[M]:  # fmt: skip
    """A model with covariates, fitted to the highest posterior.

    Args:
        model: `BGNBD`, `MBGNBD` or `ParetoNBD`.
        x: repeat purchases of each customer.
        t_x: age at the last purchase, 0 when there is none but the first.
        T: age at the end of observation.
        z: covariates, a row for each customer and a column for each covariate.
        names: of the columns.
        weights: how many customers each row stands for.
        spread: standard deviation of what is believed of an effect before the data: the L2 penalty is (γ / spread)² / 2.
        prior: of the logarithms of the parameters of `base`.

    Raises:
        InputError: rows that are no histories, covariates that are no numbers or have too many values, nobody who bought again.
    """
    of_x, of_t, of_end, n = checked(x, t_x, T, weights)
    groups, place = _groups(z, len(of_x), names)
    parts = []
    for group in range(len(groups)):
        rows = np.flatnonzero((place == group) & (n > 0))
        if len(rows):
            parts.append((groups[group], cells(of_x[rows], of_t[rows], of_end[rows], n[rows])))
    start = _plain(model, cells(of_x, of_t, of_end, n), prior)
    moved = [i for i, name in enumerate(start.names) if name in ({"alpha", "beta"} if issubclass(model, ParetoNBD) else {"alpha", "a"})]
    signs = [_SIGNS[start.names[i]] for i in moved]
    count = len(names)
    known = prior or Prior((0.0,) * 4, (1e6,) * 4)
    of_all = Prior(known.centre + (0.0,) * (count * len(moved)), known.spread + (spread,) * (count * len(moved)))
    found = maximum(lambda p: _likelihood(model, parts, p, moved, signs), [[*start.values, *([1.0] * (count * len(moved)))]], of_all)
    covariance = found.covariance
    effects = np.log(found.parameters[4:]).reshape(len(moved), count)
    errors = None
    if covariance is not None:
        errors = (np.sqrt(np.diag(covariance)) / found.parameters)[4:].reshape(len(moved), count)
    by_name = [start.names[i] for i in moved]
    base = replace(
        start, values=tuple(found.parameters[:4].tolist()), log_likelihood=found.value,
        covariance=None if covariance is None else tuple(map(tuple, covariance[:4, :4].tolist())),
        doubt="" if covariance is not None else start.doubt or TOO_FEW,
    )  # fmt: skip
    return WithCovariates(
        base, tuple(names), {p: tuple(row) for p, row in zip(by_name, effects.tolist(), strict=True)},
        None if errors is None else {p: tuple(row) for p, row in zip(by_name, errors.tolist(), strict=True)}, found.value,
    )  # fmt: skip


def _plain(model: type[M], histories: Cells, prior: Prior | None) -> M:
    """The model without covariates: where to start."""
    found: Any = paretonbd.fitted(histories, prior) if issubclass(model, ParetoNBD) else bgnbd.fitted(model, histories, prior)
    plain: M = found
    return plain


def _likelihood(
    model: type[Any], parts: list[tuple[Floats, Cells]], parameters: Floats, moved: list[int], signs: list[float]
) -> tuple[float, Floats, Floats]:
    """Log-likelihood of the parameters and of e to the effects, gradient and Hessian: the chain rule from the logarithms of each group."""
    logs = np.log(parameters)
    value, slopes, bends = 0.0, np.zeros(len(logs)), np.zeros((len(logs), len(logs)))
    for z, histories in parts:
        turns = np.zeros((4, len(logs)))
        turns[:, :4] = np.eye(4)
        for row, (parameter, sign) in enumerate(zip(moved, signs, strict=True)):
            turns[parameter, 4 + row * len(z) : 4 + (row + 1) * len(z)] = sign * z
        own = np.exp(turns @ logs)
        if issubclass(model, ParetoNBD):
            part, gradient, hessian = exponential.likelihood(histories, own)
        else:
            part, gradient, hessian = geometric.likelihood(histories, own, model.first)
        in_logs = own * gradient
        value += part
        slopes += turns.T @ in_logs
        bends += turns.T @ (own[:, None] * hessian * own[None, :] + np.diag(in_logs)) @ turns
    return value, slopes / parameters, (bends - np.diag(slopes)) / np.outer(parameters, parameters)


def _groups(z: ArrayLike, rows: int, names: Sequence[str]) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Distinct rows of covariates, sorted, and which of them each customer has."""
    table = np.asarray(z, dtype=np.float64)
    table = table[:, None] if table.ndim == 1 else table
    if table.shape != (rows, len(names)):
        found = " by ".join(f"{n:,}" for n in table.shape)
        raise InputError("The covariates cannot be used.", [Problem("z", found, f"{rows:,} rows by {len(names)} columns")])
    as_floats({name: table[:, i] for i, name in enumerate(names)})
    groups, place = np.unique(table, axis=0, return_inverse=True)
    if len(groups) > _MOST:
        raise InputError(
            "The covariates cannot be used.",
            [Problem("z", f"{len(groups):,} distinct rows", f"at most {_MOST:,}: round the values, or put them in bins")],
        )
    return groups, place.reshape(-1)
