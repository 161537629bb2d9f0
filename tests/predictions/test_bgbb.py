"""Buying at set opportunities: the donors of Fader, Hardie and Shang (2010)."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import pytest

from patron.kernel.errors import InputError
from patron.predictions import bgbb
from patron.predictions.bgbb import BGBB
from patron.predictions.model import NO_SIGNAL
from predictions.published import DONATIONS, DONORS

X, T_X, COUNT = (np.array(column) for column in zip(*DONATIONS, strict=True))
N = np.full(len(X), 6)


@pytest.fixture(scope="module")
def donors() -> BGBB:
    """The model of the donors."""
    return bgbb.fit(X, T_X, N, weights=COUNT)


def test_donors_are_as_published(donors: BGBB) -> None:
    assert COUNT.sum() == 11_104
    assert donors.log_likelihood == pytest.approx(DONORS[0], rel=0, abs=1e-6)
    assert donors.values == pytest.approx(DONORS[1], rel=1e-5)
    assert donors.standard_errors is not None
    assert tuple(donors.standard_errors.values()) == pytest.approx(DONORS[2], rel=1e-3)
    assert donors.doubt == ""


@pytest.mark.parametrize(("x", "t_x", "expected"), [
    (0, 0, 0.072863), (1, 1, 0.085696), (2, 2, 0.119121), (3, 5, 1.804703), (4, 5, 2.030024), (1, 6, 1.147885), (6, 6, 3.752544),
])  # fmt: skip
def test_donations_to_come_are_as_published(donors: BGBB, x: int, t_x: int, expected: float) -> None:
    assert donors.expected_purchases(5, [x], [t_x], [6])[0] == pytest.approx(expected, abs=1e-6)


def test_other_answers_are_as_published(donors: BGBB) -> None:
    assert donors.expected_purchases(10, [4], [5], [6])[0] == pytest.approx(3.627968, abs=1e-6)
    assert donors.p_alive([0, 4, 6], [0, 5, 6], [6, 6, 6]).tolist() == pytest.approx([0.108133, 0.6968, 0.930434], abs=1e-6)
    dert = donors.discounted_purchases([0, 4], [0, 5], [6, 6], 0.1).tolist()
    assert dert == pytest.approx([0.114767, 3.197058], rel=2e-4)  # by BTYD, at where its optimiser stopped


def test_rows_and_cells_are_the_same_donors(donors: BGBB) -> None:
    order = np.random.default_rng(1).permutation(int(COUNT.sum()))
    rows = [np.repeat(column, COUNT)[order] for column in (X, T_X, N)]
    assert bgbb.fit(*rows) == donors


@pytest.mark.parametrize("gamma", [0.05, 0.999999, 1.0, 1.000001, 3.0])
@pytest.mark.parametrize("rate", [0.001, 0.1, 2.0])
def test_discounted_purchases_are_the_sum_of_discounted_purchases(gamma: float, rate: float) -> None:
    model = BGBB((1.2, 0.75, gamma, 2.8))
    ends = np.arange(1, 60_001)
    until = model.discounted_purchases([4], [5], [6], rate)[0]
    stays = 2.8 + 6 + np.arange(60_000)
    each = np.cumprod(stays / (gamma + stays)) * np.exp(-np.log1p(rate) * ends)
    first = model.expected_purchases(1, [4], [5], [6])[0] / (stays[0] / (gamma + stays[0]))
    assert until == pytest.approx(first * each.sum(), rel=1e-9)


@pytest.mark.parametrize("at", [(1.2, 0.75, 0.66, 2.8), (0.3, 5.0, 2.0, 0.4)])
def test_slopes_and_bends_are_those_of_the_likelihood(at: tuple[float, ...]) -> None:
    x, t_x, n = np.array([0, 0, 1, 3, 4]), np.array([0, 0, 1, 6, 5]), np.array([0, 4, 7, 6, 9])
    terms, count, point = bgbb._Terms(x, t_x, n), np.array([1.0, 2.0, 3.0, 1.0, 5.0]), np.array(at)
    _, gradient, hessian = bgbb._likelihood(terms, count, point)
    for i, step in enumerate(np.diag(1e-6 * point)):
        high, low = (bgbb._likelihood(terms, count, point + sign * step) for sign in (1, -1))
        assert gradient[i] == pytest.approx((high[0] - low[0]) / (2 * step[i]), rel=1e-5, abs=1e-7)
        assert hessian[i] == pytest.approx((high[1] - low[1]) / (2 * step[i]), rel=1e-5, abs=1e-7)


def test_the_future_of_those_who_bought_later_is_brighter(donors: BGBB) -> None:
    alive = donors.p_alive([3] * 4, [3, 4, 5, 6], [6] * 4)
    assert (np.diff(alive) > 0).all()
    assert ((alive > 0) & (alive < 1)).all()


def test_simulated_customers_are_found_again() -> None:
    truth = BGBB((1.2, 0.75, 0.66, 2.8))
    x, t_x = truth.simulate(np.full(20_000, 8), seed=4)
    model = bgbb.fit(x, t_x, np.full(20_000, 8))
    assert model.standard_errors is not None
    assert (np.abs(np.subtract(model.values, truth.values)) < 4 * np.array(list(model.standard_errors.values()))).all()
    later, _ = truth.simulate(np.full(20_000, 13), seed=4)
    assert model.expected_purchases(5, x, t_x, np.full(20_000, 8)).sum() == pytest.approx(later.sum() - x.sum(), rel=0.05)


def test_of_customers_who_never_leave_it_says_so_or_that_it_does_not_know() -> None:
    rng = np.random.default_rng(1)
    bought = rng.random((3_000, 8)) < rng.beta(3, 2, 3_000)[:, None]
    t_x = np.where(bought.any(axis=1), 8 - bought[:, ::-1].argmax(axis=1), 0)
    model = bgbb.fit(bought.sum(axis=1), t_x, np.full(3_000, 8))
    assert model.standard_errors is None or model.standard_errors["gamma"] > model.gamma
    assert model.gamma / (model.gamma + model.delta) < 0.002
    assert bgbb.fit([8, 8, 7], [8, 8, 8], [8, 8, 8]).doubt == NO_SIGNAL


@pytest.mark.parametrize(("x", "t_x", "n", "named"), [
    ([1, 2], [1, 1], [5, 5], "x, row 1"), ([1, 1], [1, 6], [5, 5], "t_x, row 1"), ([0, 0], [0, 2], [5, 5], "t_x, row 1"),
    ([-1, 0], [0, 0], [5, 5], "x, row 0"), ([0.5, 0], [1, 0], [5, 5], "x, row 0"), ([0, 0], [0, 0], [5, np.nan], "n, row 1"),
])  # fmt: skip
def test_what_is_no_history_is_refused_by_row(x: Any, t_x: Any, n: Any, named: str) -> None:
    with pytest.raises(InputError, match=named):
        bgbb.fit(x, t_x, n)


def test_nobody_who_bought_is_an_error_without_a_prior_and_an_answer_with_one() -> None:
    with pytest.raises(InputError, match="Nobody bought"):
        bgbb.fit([0, 0], [0, 0], [3, 4])
    model = bgbb.fit([0, 0], [0, 0], [3, 4], prior=bgbb.weak_prior())
    assert 0 < model.expected_purchases(3, [0], [0], [4])[0] < 1.5


@pytest.mark.parametrize("parameters", [(1.2, 0.75, 0.66, 2.8), (0.3, 5.0, 1.0, 0.4), (20.0, 7.0, 0.05, 60.0)])
def test_answers_agree_with_fifty_digits(parameters: tuple[float, ...]) -> None:
    model = BGBB(parameters)
    histories = [(0, 0, 0), (0, 0, 300), (1, 1, 6), (4, 5, 6), (100, 150, 300), (300, 300, 300), (90, 100, 300)]
    x, t_x, n = (np.array(column) for column in zip(*histories, strict=True))
    alive, buys = model.p_alive(x, t_x, n), model.expected_purchases(7, x, t_x, n)
    with mp.workdps(60):
        alpha, beta, gamma, delta = (mp.mpf(v) for v in parameters)
        for row, (b, last, of) in enumerate(histories):
            stays = mp.beta(alpha + b, beta + of - b)
            whole = stays * mp.beta(gamma, delta + of) + sum(
                mp.beta(alpha + b, beta + m - b) * mp.beta(gamma + 1, delta + m) for m in range(last, of)
            )
            assert alive[row] == pytest.approx(float(stays * mp.beta(gamma, delta + of + 1) / whole), rel=1e-10)
            ahead = sum(mp.beta(gamma, delta + of + j) for j in range(1, 8))
            assert buys[row] == pytest.approx(float((alpha + b) / (alpha + beta + of) * stays * ahead / whole), rel=1e-10)


def test_a_million_customers_are_answered_history_by_history() -> None:
    donors = BGBB((1.2, 0.75, 0.66, 2.8))
    few = donors.expected_purchases(5, X, T_X, N)
    rows = np.random.default_rng(1).integers(0, len(X), 1_000_000)
    assert (donors.expected_purchases(5, X[rows], T_X[rows], N[rows]) == few[rows]).all()
    long = np.full(60, 100_000)
    assert np.isfinite(donors.p_alive(np.zeros(60), np.zeros(60), long - np.arange(60))).all()
