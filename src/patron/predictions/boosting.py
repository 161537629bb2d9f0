"""A challenger by boosted trees (LightGBM), for shops whose customers do what no purchase model knows. Needs the extra `patron[boosting]`.

It learns from an earlier day: what was known then, what MBG/NBD and Pareto/NBD said of it, and how many orders came within a horizon
that was over by the origin. In the commands it takes part in the back-test only, measured against the model that is chosen; in Python it
may be chosen, under the rule of all: as it is the least simple, only where it wins clearly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import lightgbm
import numpy as np

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem
from patron.predictions import mbgnbd, paretonbd
from patron.predictions.choosing.entrants import Entrant, Forecast, with_care
from patron.predictions.choosing.origins import known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patron.predictions.choosing.origins import Known, Origin
    from patron.predictions.histories import Floats

WHY_NOT = "trees answer for one horizon and from more than the history, so what they say cannot be kept with that of the models"
"""Why the command does not choose them."""
_ROUNDS = 200
_SETTINGS = {
    "objective": "poisson",
    "learning_rate": 0.03,
    "num_leaves": 15,
    "min_data_in_leaf": 100,
    "lambda_l2": 5.0,
    "feature_fraction": 0.8,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "seed": 0,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}


@dataclass(frozen=True, slots=True, eq=False)
class Boosted:
    """Trees that have learned how many orders come within a horizon.

    Attributes:
        trees: as LightGBM keeps them, text.
        horizon: in the unit of time of the ages.
        has_values: whether what an order is worth was known too.
    """

    trees: str
    horizon: float
    has_values: bool

    def expected(self, at: Known) -> Floats:
        """Orders of each customer within the horizon.

        Raises:
            InputError: the worth of an order was known for learning and is not known now, or the other way round.
        """
        if self.has_values != (at.order_value is not None):
            expected = "order values, as for learning" if self.has_values else "no order values, as for learning"
            raise InputError("The trees cannot answer.", [Problem("order_value", "", expected)])
        found: Floats = np.asarray(lightgbm.Booster(model_str=self.trees).predict(_features(at, self.horizon), num_threads=1))
        return found


def fit(past: Origin, horizon: float) -> Boosted:
    """Trees that have learned from a day of the past and what happened within the horizon after it."""
    at = known(past, horizon)
    data = lightgbm.Dataset(_features(at, horizon), label=at.orders, weight=at.n)
    trees = lightgbm.train(_SETTINGS, data, num_boost_round=_ROUNDS)
    return Boosted(trees.model_to_string(), horizon, at.order_value is not None)


def challenger(pasts: Mapping[str, Origin], *, is_candidate: bool = False) -> Entrant:
    """An entrant that learns from an earlier day before each origin.

    Args:
        pasts: by the name of an origin, a day whose horizon was over by the origin's day, so that nothing of the future is learned.
        is_candidate: whether it may be chosen, by whoever then asks `fit` themselves; what trees say is not kept by `patron predict`.
    """

    def forecast(at: Known, horizon: float) -> Forecast:
        return Forecast(fit(pasts[at.name], horizon).expected(at))

    return Entrant("boosting", "boosted trees", forecast, is_candidate=is_candidate, why_not="" if is_candidate else WHY_NOT)


def _features(at: Known, horizon: float) -> Floats:
    """What is known of each customer, and what the models make of it, each fitted to what was known on that day."""
    columns = [at.x.astype(np.float64), at.t_x, at.T, at.T - at.t_x, at.t_x / np.maximum(at.x, 1), at.x / np.maximum(at.T, 1e-9)]
    for kind in (mbgnbd, paretonbd):
        model, _ = with_care(kind, at.x, at.t_x, at.T, weights=at.n)
        columns += [model.expected_purchases(horizon, at.x, at.t_x, at.T), model.p_alive(at.x, at.t_x, at.T)]
    if at.order_value is not None:
        columns.append(at.order_value)
    return np.stack(columns, axis=1)
