"""How long contracts last: the cohorts of Fader and Hardie (2007)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from patron.kernel.errors import InputError
from patron.predictions import sbg
from patron.predictions.model import NO_SIGNAL
from patron.predictions.sbg import SBG
from predictions.published import HIGH_END, REGULAR

PUBLISHED = [
    (HIGH_END, (0.66809, 3.80609), -1611.1581, (46.04, 43.58, 41.42, 39.51, 37.80), 0.028),
    (REGULAR, (0.70408, 1.18204), -1680.2652, (22.01, 20.44, 19.12, 17.99, 17.00), 0.015),
]


@pytest.mark.parametrize(("per_cent", "values", "likelihood", "later", "error"), PUBLISHED)
def test_cohorts_are_as_published(per_cent: tuple[float, ...], values: Any, likelihood: float, later: Any, error: float) -> None:
    left = np.array(per_cent)
    model = sbg.fit(10 * left[:8])
    assert model.log_likelihood == pytest.approx(likelihood, abs=5e-5)
    assert model.values == pytest.approx(values, abs=5.1e-6)
    found = 100 * model.survival(np.arange(8, 13))
    assert found.tolist() == pytest.approx(later, abs=5.1e-3)
    assert np.abs(found / left[8:] - 1).mean() == pytest.approx(error, abs=5e-4)
    assert model.doubt == ""
    assert model.standard_errors is not None


def test_contracts_one_by_one_are_the_cohort() -> None:
    left = np.round(10 * np.array(REGULAR[:8])).astype(int)
    lost = left[:-1] - left[1:]
    periods = np.concatenate((np.repeat(np.arange(1, 8), lost), np.full(left[-1], 7)))
    over = np.arange(len(periods)) < lost.sum()
    order = np.random.default_rng(1).permutation(len(periods))
    rows, cohort = sbg.fit_contracts(periods[order], over[order]), sbg.fit(left)
    assert rows == cohort
    assert sbg.fit_contracts([*range(1, 8), 7], [1] * 7 + [0], weights=[*lost, left[-1]]) == cohort


def test_retention_rises_for_the_loyal_stay() -> None:
    model = SBG((0.7, 1.2))
    found = model.retention(np.arange(1, 30))
    assert (np.diff(found) > 0).all()
    assert np.cumprod(found) == pytest.approx(model.survival(np.arange(1, 30)))


def test_lifetimes_are_sums_of_survivors() -> None:
    model = SBG((2.5, 4.0))
    assert model.expected_lifetime == pytest.approx(float(model.survival(np.arange(2_000_000)).sum()), rel=1e-6)
    assert SBG((0.7, 1.2)).expected_lifetime is None
    assert model.expected_periods(12)[0] == pytest.approx(model.survival(np.arange(1, 13)).sum())
    assert model.expected_periods(3, [5])[0] == pytest.approx((model.survival([6, 7, 8]) / model.survival([5])).sum())


@pytest.mark.parametrize("alpha", [0.2, 1.0, 2.5])
def test_discounted_periods_are_the_sum_of_discounted_survivors(alpha: float) -> None:
    model = SBG((alpha, 4.0))
    ahead = np.arange(1, 3_000)
    share = model.survival(2 + ahead) / model.survival([2])
    assert model.discounted_periods(0.1, [2])[0] == pytest.approx(float((share * np.exp(-np.log(1.1) * ahead)).sum()), rel=1e-9)


def test_simulated_contracts_are_found_again() -> None:
    truth = SBG((0.7, 1.2))
    ended = truth.simulate(30_000, seed=1)
    model = sbg.fit_contracts(np.minimum(ended, 6), ended <= 6)
    assert model.standard_errors is not None
    assert (np.abs(np.subtract(model.values, truth.values)) < 4 * np.array(list(model.standard_errors.values()))).all()


def test_contracts_that_all_end_alike_do_not_tell_the_spread() -> None:
    model = sbg.fit([1000, 500, 250, 125])
    assert model.doubt
    assert model.standard_errors is None
    assert model.survival([1, 2, 3]).tolist() == pytest.approx([0.5, 0.25, 0.125], rel=0.01)


def test_no_contract_that_ended_is_an_error_without_a_prior_and_an_answer_with_one() -> None:
    with pytest.raises(InputError, match="No contract has ended"):
        sbg.fit([10, 10, 10])
    assert 0.5 < sbg.fit([10, 10, 10], prior=sbg.weak_prior()).survival([3])[0] < 1
    assert sbg.fit([100_000, 99_999, 99_999, 99_998]).doubt in {NO_SIGNAL, ""}


@pytest.mark.parametrize("survivors", [[100], [100, 120], [100, -1], [100, np.nan], [0, 0], []])
def test_what_are_no_survivors_is_refused(survivors: list[float]) -> None:
    with pytest.raises(InputError):
        sbg.fit(survivors)


def test_contracts_that_cannot_be_are_named() -> None:
    with pytest.raises(InputError) as raised:
        sbg.fit_contracts([0, 3, 1], [1, 0, 2])
    assert "periods, row 0" in str(raised.value)
    assert "is_over, row 2" in str(raised.value)
