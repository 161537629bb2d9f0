"""The value of orders."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

from patron.kernel.errors import InputError
from patron.predictions import gamma_gamma
from patron.predictions.gamma_gamma import NO_MEAN, GammaGamma
from patron.predictions.model import TOO_FEW

TRUTH = GammaGamma((6.25, 3.74, 15.44))


def test_the_expected_value_lies_between_the_own_mean_and_the_populations() -> None:
    population = TRUTH.population_mean
    assert population == pytest.approx(6.25 * 15.44 / 2.74)
    found = TRUTH.expected_value([0, 1, 5, 500], [0, 100, 100, 100])
    assert found[0] == pytest.approx(population)
    assert population < found[1] < found[2] < found[3] < 100
    assert found[3] == pytest.approx(100, rel=0.01)


def test_refunds_and_orders_worth_nothing_are_refused_by_row() -> None:
    with pytest.raises(InputError) as raised:
        gamma_gamma.fit([1, 2, 3, 1], [10, 0, -5, 8])
    assert "m, row 1, 2" in str(raised.value)
    assert "leave refunds" in str(raised.value)
    with pytest.raises(InputError, match="m, row 0"):
        TRUTH.expected_value([2], [0])


def test_customers_without_orders_cannot_be_learned_from_and_get_the_populations_value() -> None:
    with pytest.raises(InputError, match="x, row 1: found '0', expected 1 or more orders"):
        gamma_gamma.fit([1, 0], [10, 10])
    assert TRUTH.expected_value([0], [-3])[0] == TRUTH.population_mean


@pytest.mark.parametrize(("x", "m"), [([1.5], [3]), ([1], [np.nan]), ([1, 2], [3]), ([], []), ([np.inf], [1])])
def test_what_is_no_order_is_refused(x: list[float], m: list[float]) -> None:
    with pytest.raises(InputError):
        gamma_gamma.fit(x, m)


def test_a_mean_that_is_infinite_is_said_to_be_none_and_what_was_seen_stands_for_it() -> None:
    wild = GammaGamma((2.0, 0.8, 10.0), mean_seen=44.0)
    assert wild.population_mean is None
    assert wild.expected_value([0, 1], [0, 30]).tolist() == pytest.approx([44.0, 2 * 40 / 1.8])
    x = np.random.default_rng(1).integers(1, 5, 4_000)
    model = gamma_gamma.fit(x, wild.simulate(x, seed=1))
    assert model.population_mean is None
    assert NO_MEAN in model.doubt
    assert np.isfinite(model.expected_value([0, 1], [0, 30])).all()


def test_sums_given_for_means_are_doubted() -> None:
    x = np.random.default_rng(1).integers(1, 30, 2_000)
    means = TRUTH.simulate(x, seed=5)
    assert gamma_gamma.fit(x, means).doubt == ""
    assert "not independent" in gamma_gamma.fit(x, x * means).doubt


def test_the_correlation_counts_weights() -> None:
    x, m, n = [1, 2, 3, 4], [10.0, 30.0, 20.0, 50.0], [3, 1, 2, 4]
    grouped, rows = gamma_gamma.fit(x, m, weights=n), gamma_gamma.fit(np.repeat(x, n), np.repeat(m, n))
    assert grouped.correlation == pytest.approx(np.corrcoef(np.repeat(x, n), np.repeat(m, n))[0, 1])
    assert grouped == rows


def test_days_of_equal_spend_leave_the_spread_open_and_the_mean_right() -> None:
    model = gamma_gamma.fit([1, 2, 3], [20, 20, 20])
    assert model.doubt == TOO_FEW
    assert model.standard_errors is None
    assert model.expected_value([1, 2], [20, 20]).tolist() == pytest.approx([20, 20], rel=0.05)


def test_two_customers_and_a_prior_get_a_sane_answer() -> None:
    model = gamma_gamma.fit([1, 2], [40, 60], prior=gamma_gamma.weak_prior([40, 60]))
    assert model.population_mean is not None
    assert 25 < model.population_mean < 100
    assert model.standard_errors is not None


def test_other_money_is_the_same_answer() -> None:
    x = np.random.default_rng(1).integers(1, 9, 1_000)
    m = TRUTH.simulate(x, seed=1)
    euros, cents = gamma_gamma.fit(x, m), gamma_gamma.fit(x, 100 * m)
    assert cents.values == pytest.approx((euros.p, euros.q, 100 * euros.v), rel=1e-7)
    assert cents.expected_value(x, 100 * m) / 100 == pytest.approx(euros.expected_value(x, m), rel=1e-8)


@pytest.mark.parametrize("at", [(6.25, 3.74, 15.44), (0.7, 0.9, 100.0)])
def test_slopes_and_bends_are_those_of_the_likelihood(at: tuple[float, ...]) -> None:
    x, m, n = (np.array(v, dtype=np.float64) for v in ([1, 1, 2, 7, 30], [5, 80, 33, 41, 12], [3, 1, 2, 1, 1]))
    point = np.array(at)
    _, gradient, hessian = gamma_gamma._likelihood(x, m, n, point)
    for i, step in enumerate(np.diag(1e-6 * point)):
        high, low = (gamma_gamma._likelihood(x, m, n, point + sign * step) for sign in (1, -1))
        assert gradient[i] == pytest.approx((high[0] - low[0]) / (2 * step[i]), rel=1e-5, abs=1e-7)
        assert hessian[i] == pytest.approx((high[1] - low[1]) / (2 * step[i]), rel=1e-5, abs=1e-7)


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(9)
    held = np.zeros(3)
    for run in range(200):
        x = rng.geometric(0.4, 1_500)
        model = gamma_gamma.fit(x, TRUTH.simulate(x, seed=run))
        assert model.covariance is not None
        spread = np.sqrt(np.diag(np.asarray(model.covariance))) / np.asarray(model.values)
        held += np.abs(np.log(model.values) - np.log(TRUTH.values)) < 1.96 * spread
    assert (held >= 180).all()
    assert (held <= 196).all()


@pytest.mark.parametrize("values", [(6.25, 3.74, 15.44), (0.3, 1.0000001, 900.0), (250.0, 40.0, 2.0)])
def test_answers_agree_with_fifty_digits(values: tuple[float, ...]) -> None:
    x, m = [0, 1, 2, 10, 100, 1000, 3000], [0, 0.01, 7.77, 35, 1e6, 12.5, 3]
    found = GammaGamma(values).expected_value(x, m)
    with mp.workdps(50):
        p, q, v = (mp.mpf(value) for value in values)
        exact = [p * (v + b * mp.mpf(z)) / (p * b + q - 1) for b, z in zip(x, m, strict=True)]
    assert found.tolist() == pytest.approx([float(e) for e in exact], rel=1e-10)
