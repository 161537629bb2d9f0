"""Measures of predictions: by hand, against published values, and the promises they keep for any numbers."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from patron.kernel.errors import InputError
from patron.predictions import bgnbd, paretonbd
from patron.predictions.judging import deciles, measures
from predictions.cdnow import sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from patron.predictions.histories import Integers

    Fit = Callable[..., Any]

ROWS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 5), st.integers(1, 4)), min_size=2, max_size=30)


@pytest.mark.parametrize(
    ("fit", "total", "errors", "ranks", "correlation"),
    [
        (bgnbd.fit, 1653.4087, (0.7855, 1.6080), 0.4493, 0.625647),
        (paretonbd.fit, 1665.5131, (0.7545, 1.6028), 0.4597, 0.630223),
    ],
)
def test_models_of_cdnow_are_as_near_as_published(
    fit: Fit, total: float, errors: tuple[float, float], ranks: float, correlation: float
) -> None:
    expected = fit(*sample().weeks).expected_purchases(39, *sample().weeks)
    found = measures(expected, sample().later)
    assert found.sum_ratio == pytest.approx(total / 1882, rel=1e-6)
    assert found.mean_absolute_error == pytest.approx(errors[0], abs=5e-5)
    assert found.root_mean_squared_error == pytest.approx(errors[1], abs=5e-5)
    assert found.spearman == pytest.approx(ranks, abs=5e-5)
    assert np.corrcoef(expected, sample().later)[0, 1] == pytest.approx(correlation, abs=1e-6)


def test_models_of_cdnow_say_almost_the_same() -> None:
    one, other = (fit(*sample().weeks).expected_purchases(39, *sample().weeks) for fit in (bgnbd.fit, paretonbd.fit))
    assert np.corrcoef(one, other)[0, 1] == pytest.approx(0.995534, abs=1e-6)


def test_measures_by_hand() -> None:
    found = measures([1, 2, 3, 4], [0, 2, 4, 4])
    assert found.sum_ratio == 1.0
    assert found.mean_absolute_error == 0.5
    assert found.root_mean_squared_error == pytest.approx(np.sqrt(0.5))
    assert found.spearman == pytest.approx(spearmanr([1, 2, 3, 4], [0, 2, 4, 4]).statistic)
    assert found.gini == pytest.approx(1.0)
    assert found.top_tenth_share == pytest.approx(0.4 * 4 / 10)  # four tenths of the fourth customer


def test_gini_is_that_of_cumulative_shares() -> None:
    expected, actual = np.array([5.0, 1, 4, 2, 3]), np.array([3.0, 0, 0, 1, 6])

    def uneven(order: Integers) -> float:
        return float(np.cumsum(actual[order][::-1] / actual.sum()).sum() - (len(actual) + 1) / 2)

    assert measures(expected, actual).gini == pytest.approx(uneven(np.argsort(expected)) / uneven(np.argsort(actual)))


def test_a_prediction_that_is_the_same_for_all_ranks_nobody() -> None:
    found = measures([1, 1, 1, 1], [0, 1, 0, 3])
    assert found.spearman == 0.0
    assert found.gini == pytest.approx(0.0)
    assert found.top_tenth_share == pytest.approx(0.1)


def test_where_nothing_happened_there_is_no_ratio_and_no_order() -> None:
    found = measures([0.5, 0.1], [0, 0])
    assert (found.sum_ratio, found.spearman, found.gini, found.top_tenth_share, found.decile_error) == (None,) * 5
    assert found.mean_absolute_error == pytest.approx(0.3)


def test_the_error_of_tenths_has_a_floor() -> None:
    actual = np.array([0.0] * 5 + [2.0] * 5)  # a mean of 1: the floor is 0.05
    expected = np.array([0.01] * 5 + [1.0] * 5)
    assert measures(expected, actual).decile_error == pytest.approx((0.01 / 0.05 + 1.0 / 2.0) / 2)


def test_the_best_order_gets_1() -> None:
    actual = np.array([0.0, 3, 1, 0, 7])
    found = measures(actual * 2 + 1, actual)
    assert found.gini == pytest.approx(1.0)
    assert found.spearman == pytest.approx(1.0)


def test_customers_with_equal_predictions_are_shared_out_among_tenths() -> None:
    rows = deciles([1] * 15 + [2] * 5, [0] * 15 + [4] * 5)
    assert [r.number for r in rows] == list(range(1, 11))
    assert [r.customers for r in rows] == [2.0] * 10
    assert [r.expected for r in rows] == pytest.approx([1] * 7 + [1.5, 2, 2])
    assert [r.actual for r in rows] == pytest.approx([0] * 7 + [2, 4, 4])


@given(ROWS, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=100)
def test_row_order_is_irrelevant_and_weights_are_repetitions(rows: list[tuple[Any, ...]], random: Any) -> None:
    expected, actual, weights = (np.array(c, dtype=np.float64) for c in zip(*rows, strict=True))
    plain = measures(expected, actual, weights)
    shuffled = random.sample(range(len(rows)), len(rows))
    repeated = np.repeat(np.arange(len(rows)), weights.astype(int))
    other = measures(expected[shuffled], actual[shuffled], weights[shuffled])
    thrice = measures(expected[repeated], actual[repeated])
    for name, value in asdict(plain).items():
        if value is None:
            assert getattr(other, name) is getattr(thrice, name) is None
        else:
            assert getattr(other, name) == pytest.approx(value, rel=1e-9, abs=1e-12)
            assert getattr(thrice, name) == pytest.approx(value, rel=1e-9, abs=1e-12)


@given(ROWS)
@settings(deadline=None, max_examples=100)
def test_measures_keep_their_bounds_and_tenths_their_sums(rows: list[tuple[Any, ...]]) -> None:
    expected, actual, weights = (np.array(c, dtype=np.float64) for c in zip(*rows, strict=True))
    found, tenths = measures(expected, actual, weights), deciles(expected, actual, weights)
    assert sum(t.customers * t.expected for t in tenths) == pytest.approx(weights @ expected)
    assert sum(t.customers * t.actual for t in tenths) == pytest.approx(weights @ actual)
    assert [t.expected for t in tenths] == pytest.approx(sorted(t.expected for t in tenths))
    if found.spearman is not None:
        repeated = np.repeat(np.arange(len(rows)), weights.astype(int))
        if len(set(expected)) > 1:
            assert found.spearman == pytest.approx(spearmanr(expected[repeated], actual[repeated]).statistic)
        assert -1 - 1e-9 <= found.spearman <= 1 + 1e-9
    if found.gini is not None:
        assert -1 - 1e-9 <= found.gini <= 1 + 1e-9


@pytest.mark.parametrize(
    ("expected", "actual", "weights", "problem"),
    [
        ([1, 2], [1], None, "the same number of rows in each"),
        ([1, np.nan], [1, 2], None, "neither missing nor infinite"),
        ([1, 2], [1, 2], [1, -1], "weights, row 1: found '-1', expected 0 or more"),
        ([1, 2], [1, 2], [0, 0], "at least one above 0"),
        ([], [], None, "at least one row"),
    ],
)
def test_what_cannot_be_judged_is_refused(expected: list[float], actual: list[float], weights: list[float] | None, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        measures(expected, actual, weights)
