"""Customers who differ by something known from the start."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from patron.kernel.errors import InputError
from patron.predictions import bgnbd, covariates, mbgnbd, paretonbd
from patron.predictions.bgnbd import BGNBD
from patron.predictions.mbgnbd import MBGNBD
from patron.predictions.paretonbd import ParetoNBD

TRUTHS: list[Any] = [MBGNBD((0.8, 20.0, 0.8, 2.0)), ParetoNBD((0.7, 20.0, 0.6, 60.0))]
EFFECTS: dict[type[Any], dict[str, tuple[float, ...]]] = {
    MBGNBD: {"alpha": (0.5, -0.3), "a": (0.0, 0.7)},
    ParetoNBD: {"alpha": (0.5, -0.3), "beta": (0.0, 0.7)},
}


def shop(truth: Any, customers: int = 6_000) -> tuple[Any, Any, Any, Any]:
    """Histories with two covariates of 0 and 1."""
    rng = np.random.default_rng(3)
    z = rng.integers(0, 2, (customers, 2))
    age = rng.uniform(100, 500, customers)
    known = covariates.WithCovariates(truth, ("a", "b"), EFFECTS[type(truth)], None, 0.0)
    x, t_x = np.zeros(customers, dtype=np.int64), np.zeros(customers)
    for seed, values in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        rows = np.flatnonzero((z == values).all(axis=1))
        x[rows], t_x[rows] = known.of(values).simulate(age[rows], seed=seed)
    return x, t_x, age, z


@pytest.mark.parametrize("truth", TRUTHS)
def test_effects_are_found_again(truth: Any) -> None:
    x, t_x, age, z = shop(truth)
    model: Any = covariates.fit(type(truth), x, t_x, age, z, names=["coupon", "abroad"])
    assert model.standard_errors is not None
    for parameter, expected in EFFECTS[type(truth)].items():
        away = np.subtract(model.effects[parameter], expected) / model.standard_errors[parameter]
        assert np.abs(away).max() < 4
    assert model.base.values == pytest.approx(truth.values, rel=0.5)
    plain = {MBGNBD: mbgnbd.fit, ParetoNBD: paretonbd.fit}[type(truth)](x, t_x, age)
    assert model.log_likelihood > plain.log_likelihood + 20


def test_covariates_that_say_nothing_have_no_effect() -> None:
    age = np.random.default_rng(3).uniform(100, 500, 3_000)
    x, t_x = TRUTHS[0].simulate(age, seed=1)
    z = np.random.default_rng(4).integers(0, 2, 3_000)
    model = covariates.fit(MBGNBD, x, t_x, age, z, names=["noise"])
    assert model.standard_errors is not None
    for parameter, (effect,) in model.effects.items():
        assert abs(effect) < 3.5 * model.standard_errors[parameter][0]
    same: Any = covariates.fit(BGNBD, x, t_x, age, np.zeros(3_000), names=["nothing"])
    assert same.log_likelihood == pytest.approx(bgnbd.fit(x, t_x, age).log_likelihood, abs=1e-6)


def test_answers_are_those_of_the_own_group() -> None:
    x, t_x, age, z = shop(TRUTHS[0], 500)
    model = covariates.fit(MBGNBD, x, t_x, age, z, names=["coupon", "abroad"])
    alive, buys = model.p_alive(x, t_x, age, z), model.expected_purchases(90, x, t_x, age, z)
    for row in (0, 7, 123):
        own = model.of(z[row])
        assert alive[row] == own.p_alive(x[row : row + 1], t_x[row : row + 1], age[row : row + 1])[0]
        assert buys[row] == pytest.approx(
            own.expected_purchases(90, x[row : row + 1], t_x[row : row + 1], age[row : row + 1])[0], rel=1e-12
        )


def test_effects_are_held_back_the_less_is_believed_of_them() -> None:
    x, t_x, age, z = shop(TRUTHS[0], 500)
    free, held = (covariates.fit(MBGNBD, x, t_x, age, z, names=["coupon", "abroad"], spread=s) for s in (3.0, 0.01))
    assert max(map(abs, held.effects["alpha"])) < 0.02 < max(map(abs, free.effects["alpha"]))


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="expected 2 rows by 1 columns"):
        covariates.fit(BGNBD, [1, 2], [1, 2], [3, 3], [1, 2, 3], names=["one"])
    with pytest.raises(InputError, match="one, row 1"):
        covariates.fit(BGNBD, [1, 2], [1, 2], [3, 3], [1, np.nan], names=["one"])
    many = np.arange(3_000)
    with pytest.raises(InputError, match="put them in bins"):
        covariates.fit(BGNBD, many * 0 + 1, many * 0 + 1, many * 0 + 3, many, names=["number"])
