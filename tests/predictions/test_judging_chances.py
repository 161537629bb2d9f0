"""Probabilities and intervals beside what happened."""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from patron.kernel.errors import InputError
from patron.predictions import mbgnbd, paretonbd
from patron.predictions.again import p_order
from patron.predictions.judging import coverage, reliability
from predictions.cdnow import sample

if TYPE_CHECKING:
    from collections.abc import Callable

    Fit = Callable[..., Any]


def test_reliability_by_hand() -> None:
    found = reliability([0.1, 0.1, 0.85, 1.0], [0, 1, 1, 1], [3, 1, 1, 1], rows=2)
    first, second = (astuple(row) for row in found.rows)
    assert first == pytest.approx((0.0, 0.5, 4.0, 0.1, 0.25))
    assert second == pytest.approx((0.5, 1.0, 2.0, 0.925, 1.0))
    assert found.brier == pytest.approx((3 * 0.01 + 0.81 + 0.0225) / 6)
    assert found.brier_of_base == pytest.approx(0.25)


def test_rows_that_nobody_is_in_are_left_out() -> None:
    assert [r.low for r in reliability([0.05, 0.95], [0, 1]).rows] == [0.0, 0.9]


@pytest.mark.parametrize("fit", [mbgnbd.fit, paretonbd.fit])
def test_chances_to_order_say_more_of_cdnow_than_the_share_of_all(fit: Fit) -> None:
    chances = p_order(fit(*sample().weeks), 39, *sample().weeks)
    found = reliability(chances, sample().later > 0)
    assert found.brier < 0.85 * found.brier_of_base
    assert found.rows[-1].actual > 0.9
    actual = [r.actual for r in found.rows if r.customers > 100]
    assert actual == sorted(actual)  # the holdout was better than the models of CDNOW say, in the right order


def test_coverage_by_hand() -> None:
    found = coverage([0, 0, 1, 3], [1, 1, 2, 4], [0, 2, 0, 4], [1, 1, 1, 2])
    assert astuple(found) == pytest.approx((0.6, 0.2, 0.2))


def test_what_is_no_probability_or_interval_is_refused() -> None:
    with pytest.raises(InputError, match=r"p, row 1: found '1\.5', expected from 0 to 1"):
        reliability([0.5, 1.5], [0, 1])
    with pytest.raises(InputError, match="happened, row 0: found '2', expected 0 or 1"):
        reliability([0.5, 0.5], [2, 1])
    with pytest.raises(InputError, match="at most the upper end"):
        coverage([2], [1], np.array([1]))
