"""Where the formulae as printed, and the libraries that use them, give silent wrong answers: each test shows the trap and that it is avoided."""

from __future__ import annotations

import os
import time
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import betaln, gamma, gammaln, hyp2f1, logsumexp

from patron.kernel.errors import InputError
from patron.predictions import bgnbd, exponential, gamma_gamma, geometric, mbgnbd, paretonbd
from patron.predictions.bgnbd import BGNBD
from patron.predictions.choosing import origin_of_orders
from patron.predictions.gamma_gamma import GammaGamma
from patron.predictions.histories import cells
from patron.predictions.mbgnbd import MBGNBD
from patron.predictions.model import NO_SIGNAL
from patron.predictions.optimum import maximum
from patron.predictions.paretonbd import ParetoNBD
from predictions.cdnow import sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from patron.predictions.histories import Floats

SMOOTH = BGNBD((0.243, 30.9, 0.793, 2.426))
HARD = ParetoNBD((0.5143, 2.8845, 0.2856, 14.1087))


def printed_likelihood(parameters: Floats, x: Floats, t_x: Floats, age: Floats) -> float:
    """BG/NBD as printed: (b + x) − 1 in this order, and powers that are not kept in logarithms where they could be."""
    r, alpha, a, b = parameters
    whole = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b)
    alive = -(r + x) * np.log(alpha + age)
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(x > 0, np.log(a) - np.log(np.maximum(b + x, 1) - 1) - (r + x) * np.log(alpha + t_x), -np.inf)
    return float((whole + np.logaddexp(alive, left)).sum())


def printed_purchases(model: BGNBD, t: float, x: float, t_x: float, age: float) -> Any:
    """Equation 10 of Fader, Hardie and Lee (2005) as printed."""
    r, alpha, a, b = (np.float64(v) for v in model.values)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        top = (
            (a + b + x - 1)
            / (a - 1)
            * (1 - ((alpha + age) / (alpha + age + t)) ** (r + x) * hyp2f1(r + x, b + x, a + b + x - 1, t / (alpha + age + t)))
        )
        return top / (1 + (x > 0) * a / (b + x - 1) * ((alpha + age) / (alpha + t_x)) ** (r + x))


def printed_pareto(model: ParetoNBD, x: float, t_x: float, age: float) -> Any:
    """P(alive) of Pareto/NBD as printed, with the difference of two hypergeometric functions."""
    r, alpha, s, beta = (np.float64(v) for v in model.values)
    greater, inner = max(alpha, beta), s + 1 if alpha >= beta else r + x
    with np.errstate(all="ignore"):
        tails = [
            hyp2f1(r + s + x, inner, r + s + x + 1, abs(alpha - beta) / (greater + y)) / (greater + y) ** (r + s + x) for y in (t_x, age)
        ]
        return 1 / (1 + s / (r + s + x) * (alpha + age) ** (r + x) * (beta + age) ** s * (tails[0] - tails[1]))


def pareto_in_logarithms(model: ParetoNBD, x: float, t_x: float, age: float) -> Any:
    """The same with the difference taken in logarithms, as libraries do: what cancels is the logarithm of nothing, or of less."""
    r, alpha, s, beta = (np.float64(v) for v in model.values)
    greater, inner, power = max(alpha, beta), s + 1 if alpha >= beta else r + x, r + s + x
    with np.errstate(all="ignore"):
        logs = [
            np.log(hyp2f1(power, inner, power + 1, abs(alpha - beta) / (greater + y))) + power * np.log(greater + other)
            for y, other in ((t_x, age), (age, t_x))
        ]
        tails = logsumexp(logs, b=[1, -1]) - power * np.log((greater + t_x) * (greater + age))
        return 1 / (1 + np.exp(np.log(s / power) + (r + x) * np.log(alpha + age) + s * np.log(beta + age) + tails))


def test_a_tiny_b_does_not_make_a_single_purchase_infinitely_likely() -> None:
    x, t_x, age = np.array([1.0, 1.0, 0.0]), np.array([3.0, 9.0, 0.0]), np.array([20.0, 30.0, 25.0])
    parameters = np.array([0.5, 10.0, 0.5, 1e-17])
    assert printed_likelihood(parameters, x, t_x, age) == np.inf
    found, gradient, hessian = geometric.likelihood(cells(x, t_x, age), parameters, 0)
    assert np.isfinite(found)
    assert found < 0
    assert np.isfinite(gradient).all()
    assert np.isfinite(hessian).all()


def test_a_start_with_a_tiny_b_climbs_to_the_published_optimum() -> None:
    found = maximum(lambda p: geometric.likelihood(cells(*sample().weeks), p, 0), [(3.0, 0.02, 140.0, 0.02)])
    assert found.value == pytest.approx(-9582.429207, abs=1e-6)


@pytest.mark.parametrize(("x", "t_x", "age"), [
    (132, 200.0, 200.0), (133, 200.0, 200.0), (3000, 10.0, 730.0),
    (221, 103.42857, 103.57143), (254, 97.14286, 97.28571), (161, 94.71429, 98.0), (204, 98.57143, 99.42857),
])  # fmt: skip
def test_customers_who_buy_often_get_an_answer_of_pareto(x: int, t_x: float, age: float) -> None:
    alive, buys = HARD.p_alive([x], [t_x], [age])[0], HARD.expected_purchases(30, [x], [t_x], [age])[0]
    assert 0 <= alive <= 1
    assert 0 <= buys <= 30 * (x + 1) / (age + 2)
    if t_x == age:
        assert alive == 1
    found, gradient, hessian = exponential.likelihood(cells([x], [t_x], [age]), np.array(HARD.values))
    assert np.isfinite([found, *gradient, *hessian.ravel()]).all()


@pytest.mark.parametrize(("x", "t_x", "age", "naive"), [
    (132, 200.0, 200.0, "logarithms"), (133, 200.0, 200.0, "logarithms"), (3000, 10.0, 730.0, "logarithms"), (3000, 10.0, 730.0, "printed"),
    (221, 103.42857, 103.57143, "printed"), (254, 97.14286, 97.28571, "printed"), (161, 94.71429, 98.0, "printed"),
    (204, 98.57143, 99.42857, "printed"),
])  # fmt: skip
def test_formulae_with_hypergeometric_functions_have_no_answer_for_them(x: int, t_x: float, age: float, naive: str) -> None:
    formula = pareto_in_logarithms if naive == "logarithms" else printed_pareto
    assert not 0 < formula(HARD, x, t_x, age) <= 1


def test_probabilities_of_hundreds_of_purchases_are_numbers() -> None:
    for model in (SMOOTH, MBGNBD(SMOOTH.values), HARD):
        found = model.pmf_of_new(365, 600)
        assert np.isfinite(found).all()
        assert (found >= 0).all()
        assert found[300] > 0
        assert found.sum() <= 1 + 1e-12
    with np.errstate(all="ignore"):  # gamma functions as printed, not their logarithms
        printed = gamma(np.float64(0.243 + 300)) / (gamma(np.float64(0.243)) * gamma(np.float64(301)))
    assert not np.isfinite(printed)


@pytest.mark.parametrize(("a", "expected"), [(0.99, 0.8506209), (0.999999, 0.8441463), (1.0, 0.8441457), (1.000001, 0.8441451)])
def test_one_as_parameter_of_leaving_is_no_hole(a: float, expected: float) -> None:
    model = BGNBD((0.243, 30.9, a, 2.426))
    assert model.expected_purchases(180, [3], [100], [200])[0] == pytest.approx(expected, abs=6e-8)


def test_the_printed_formula_has_a_hole_at_one() -> None:
    assert np.isnan(printed_purchases(BGNBD((0.243, 30.9, 1.0, 2.426)), 180, 3, 100, 200))


def test_one_as_shape_of_leaving_is_no_hole_of_pareto() -> None:
    low, at, high = (ParetoNBD((0.553, 74.0, s, 81.7)).expected_purchases(180, [3], [100], [200])[0] for s in (1 - 1e-7, 1.0, 1 + 1e-7))
    assert low > at > high
    assert at == pytest.approx((low + high) / 2, rel=1e-12)
    with np.errstate(all="ignore"):  # equation 41 as printed
        printed = (81.7 + 200) / np.float64(1.0 - 1.0) * (1 - ((81.7 + 200) / (81.7 + 380)) ** np.float64(1.0 - 1.0))
    assert np.isnan(printed)


def test_parameters_of_leaving_that_add_up_to_less_than_one_are_answered() -> None:
    model = BGNBD((0.243, 30.9, 0.3, 0.5))
    assert model.expected_purchases(180, [0], [0], [200])[0] == pytest.approx(0.16468252536, abs=5e-12)


def test_someone_long_gone_is_gone_and_not_a_missing_number() -> None:
    with np.errstate(over="ignore"):
        assert np.isinf(((30.9 + 5000) / np.float64(30.9 + 10)) ** (0.243 + 3000))
    for model in (SMOOTH, MBGNBD(SMOOTH.values), HARD):
        assert model.p_alive([3000], [10], [5000])[0] == 0
        assert model.expected_purchases(90, [3000], [10], [5000])[0] == 0


def test_the_log_likelihood_is_a_sum_over_customers_in_the_unit_given() -> None:
    x, t_x, age = sample().weeks
    once, twice = bgnbd.fit(x, t_x, age), bgnbd.fit(np.tile(x, 2), np.tile(t_x, 2), np.tile(age, 2))
    assert once.log_likelihood == pytest.approx(-9582.429207, abs=1e-6)
    assert twice.log_likelihood == pytest.approx(2 * once.log_likelihood, abs=1e-6)
    assert paretonbd.fit(x, t_x, age).log_likelihood == pytest.approx(-9594.976179, abs=1e-6)
    scale = 10 / age.max()  # a mean over rows in rescaled time, as is often optimised, is not what papers print, whatever the rows
    values = np.array(once.values) * np.array([1, scale, 1, 1])
    means = [
        geometric.likelihood(cells(np.tile(x, n), np.tile(t_x, n) * scale, np.tile(age, n) * scale), values, 0)[0] / n / len(x)
        for n in (1, 2)
    ]
    assert means[0] == pytest.approx(means[1], rel=1e-12)
    assert means[0] * len(x) - once.log_likelihood == pytest.approx(-np.log(scale) * x.sum(), rel=1e-9)
    assert abs(means[0] * len(x) / -9582.429207 - 1) > 0.1


def test_whoever_never_came_back_may_be_gone_except_in_bg() -> None:
    never = ([0, 0], [0, 0], [5, 700])
    assert SMOOTH.p_alive(*never).tolist() == [1, 1]
    for model in (MBGNBD(SMOOTH.values), HARD):
        fresh, old = model.p_alive(*never)
        assert 0 < old < fresh < 1


@pytest.mark.parametrize("fit", [bgnbd.fit, mbgnbd.fit, paretonbd.fit])
def test_customers_who_never_leave_give_no_churn_signal_and_no_standard_errors(fit: Any) -> None:
    rng = np.random.default_rng(3)
    age = rng.uniform(50, 270, 3_000)
    x = rng.poisson(rng.gamma(2.0, 0.02, 3_000) * age)
    t_x = np.where(x > 0, age * rng.random(3_000) ** (1 / np.maximum(x, 1)), 0.0)
    model = fit(x, t_x, age)
    assert model.doubt == NO_SIGNAL
    assert model.standard_errors is None
    assert model.covariance is None
    kind = {bgnbd.fit: 0, mbgnbd.fit: 1}.get(fit)
    if kind is not None:  # what an optimiser that stops somewhere on the ridge prints: standard errors that say nothing
        stopped = naive_standard_errors(cells(x, t_x, age), kind)
        assert np.isnan(stopped).any() or (stopped > 3).any()
    alive = model.p_alive(x, t_x, age)
    assert alive.min() > 0.5
    assert np.isfinite(model.expected_purchases(90, x, t_x, age)).all()


def test_a_second_summit_of_pareto_is_not_taken_for_the_first() -> None:
    histories = cells(*sample().weeks)
    starts = np.array(
        [[-2.966, 2.561, 4.347, 4.711], [-3.868, 3.773, 4.831, 4.615], [-2.442, 1.277, 4.626, 2.449], [2.455, 0.361, 4.996, 2.984]]
    )

    def downhill(logs: Floats) -> tuple[float, Floats]:
        with np.errstate(all="ignore"):
            value, gradient, _ = exponential.likelihood(histories, np.exp(logs))
        return -value, -gradient * np.exp(logs)

    naive = [-minimize(downhill, start, jac=True, method="BFGS").fun for start in starts]  # each to its own end
    assert min(naive) < -9599
    for start in np.exp(starts):
        found = maximum(lambda p: exponential.likelihood(histories, p), [start.tolist()])
        assert found.value == pytest.approx(-9594.976179, abs=1e-6)
    assert paretonbd.fit(*sample().weeks).log_likelihood == pytest.approx(-9594.976179, abs=1e-6)


def test_a_search_ends_where_rounding_ends_it_however_many_customers_there_are() -> None:
    x, t_x, age = sample().weeks
    many = cells(x, t_x, age, np.full(len(x), 10**8))  # as many as there will ever be: sums round at more than the slope

    def likelihood(parameters: Floats) -> tuple[float, Floats, Floats]:
        return geometric.likelihood(many, parameters, 0)

    found = maximum(likelihood, [(0.5, 9.0, 0.8, 2.5)])
    assert found.steps < 15
    parameters, slopes = found.parameters, []
    for _ in range(30):  # Newton's steps until the slope is next to nothing: it never is
        _, gradient, hessian = likelihood(parameters)
        slopes.append(np.abs(gradient).max())
        parameters = parameters - np.linalg.solve(hessian, gradient)
    assert min(slopes) > 1e-9


def test_a_small_fit_keeps_other_threads_asleep() -> None:
    def others(work: Callable[[], object]) -> float:
        """Seconds of the processor that work takes on other threads than the one that asked for it."""
        everyone, asker = time.process_time(), time.thread_time()
        work()
        return (time.process_time() - everyone) - (time.thread_time() - asker)

    def fits() -> None:
        for kind in (bgnbd, mbgnbd, paretonbd):
            kind.fit(*sample().weeks)

    fits()  # whatever is loaded at first use
    assert min(others(fits) for _ in range(3)) < 0.01
    square = np.random.default_rng(1).random((1_500, 1_500))
    if len(os.sched_getaffinity(0)) > 1:  # algebra as libraries set it up wakes a thread on every processor, wanted elsewhere or not
        assert max(others(lambda: square @ square) for _ in range(3)) > 0.01


def test_days_merged_and_rounded_bias_the_rate_and_continuous_time_does_not() -> None:
    truth = BGNBD((0.243, 30.9, 0.793, 2.426))
    age = np.random.default_rng(1).uniform(30, 730, 60_000)
    x, t_x = truth.simulate(age, seed=2)
    exact = bgnbd.fit(x, t_x, age)
    assert exact.standard_errors is not None
    away = (exact.alpha - truth.alpha) / exact.standard_errors["alpha"]
    assert abs(away) < 3
    merged = bgnbd.fit(*_whole_days(truth, age))
    assert (merged.alpha - truth.alpha) / exact.standard_errors["alpha"] > 3


def test_counts_in_a_column_of_objects_are_counts() -> None:
    x, t_x, age = ([0, 2, 1, 4], [0, 30, 12, 55], [60, 60, 70, 80])
    given = [np.array(column, dtype=object) for column in (x, t_x, age)]
    with pytest.raises(TypeError):
        np.log(given[0] + 1)  # what a formula written for floats makes of them
    prior = bgnbd.weak_prior(age)
    fits = [bgnbd.fit(*given, prior=prior), bgnbd.fit(x, t_x, age, prior=prior)]
    assert fits[0] == fits[1]


def test_orders_in_any_order_are_the_same_histories() -> None:
    customers, days = [7, 7, 3, 7, 3], [40.0, 3.0, 9.0, 25.0, 9.0]
    found = origin_of_orders(customers, days, 50, 10)
    assert [list(np.asarray(c)) for c in (found.x, found.t_x, found.T)] == [[0, 2], [0, 37], [41, 47]]
    first, last = days[0], days[3]  # the first and the last row of customer 7, as of a file that is taken to be sorted
    assert last - first < 0


def test_refunds_sums_and_infinite_means_do_not_make_values_of_orders() -> None:
    model = GammaGamma((6.25, 3.74, 15.44))
    p, q, v = model.values
    refunded = p * (v + 3 * -40) / (p * 3 + q - 1)  # equation 5 for three orders and a mean of −40
    assert refunded < 0
    with pytest.raises(InputError, match="leave refunds"):
        model.expected_value([3], [-40])
    wild = GammaGamma((2.0, 0.8, 10.0), mean_seen=44.0)
    assert wild.p * wild.v / (wild.q - 1) < 0  # the mean of the population as printed, at q below 1
    assert wild.population_mean is None
    assert wild.expected_value([0], [0])[0] == 44
    x = np.random.default_rng(1).integers(1, 30, 2_000)
    means = model.simulate(x, seed=5)
    sums, right = gamma_gamma.fit(x, x * means), gamma_gamma.fit(x, means)
    assert abs(sums.expected_value([10], [400])[0] / right.expected_value([10], [40])[0] - 1) > 0.5  # a sum taken for a mean
    assert "not independent" in sums.doubt
    assert right.doubt == ""


def naive_standard_errors(histories: Any, first: int) -> Floats:
    """Of the logarithms of parameters, by the inverse of the curvature, whatever it is like there."""
    found = minimize(
        lambda logs: -geometric.likelihood(histories, np.exp(logs), first)[0], np.log([0.5, 40, 0.8, 2.5]), method="L-BFGS-B",
        options={"maxiter": 40},
    ).x  # fmt: skip
    _, gradient, hessian = geometric.likelihood(histories, np.exp(found), first)
    natural = np.exp(found)
    curvature = natural[:, None] * hessian * natural[None, :] + np.diag(natural * gradient)
    with np.errstate(invalid="ignore"):
        errors: Floats = np.sqrt(np.diag(np.linalg.inv(-curvature)))
    return errors


def _whole_days(truth: BGNBD, age: Floats) -> tuple[Any, Any, Any]:
    """Histories in continuous time, seen as a file of dates shows them: purchases of one day are one."""
    rng = np.random.default_rng(2)
    rate, leaves, start = rng.gamma(truth.r, 1 / truth.alpha, len(age)), rng.beta(truth.a, truth.b, len(age)), rng.random(len(age))
    at, day, x = start.copy(), np.zeros(len(age)), np.zeros(len(age), dtype=np.int64)
    rows = np.arange(len(age))
    while len(rows):
        at[rows] += rng.exponential(1.0, len(rows)) / rate[rows]
        rows = rows[at[rows] <= age[rows]]
        x[rows] += np.floor(at[rows]) > day[rows]
        day[rows] = np.floor(at[rows])
        rows = rows[rng.random(len(rows)) >= leaves[rows]]
    return x, day, np.floor(age)
