"""Averages over a beta distribution are right however narrow, wide or lopsided it is."""

from __future__ import annotations

import numpy as np
import pytest

from patron.predictions.beta import points
from patron.predictions.bgnbd import BGNBD
from patron.predictions.mbgnbd import MBGNBD

SIZES = [1.0, 1.5, 3.0, 20.0, 150.0, 900.0, 5e3, 4e4, 1e6, 1e9]


@pytest.mark.parametrize("a", SIZES)
@pytest.mark.parametrize("b", SIZES)
def test_moments_are_those_of_the_distribution(a: float, b: float) -> None:
    p, weight = points(a, b)
    mean, second = a / (a + b), a / (a + b) * (a + 1) / (a + b + 1)
    assert [weight.sum(), (weight * p).sum(), (weight * p * p).sum()] == pytest.approx([1.0, mean, second], rel=1e-8)
    assert (weight * (1 - p)).sum() == pytest.approx(b / (a + b), rel=1e-8)


@pytest.mark.parametrize("kind", [BGNBD, MBGNBD])
@pytest.mark.parametrize("size", [1e4, 1e6, 1e9])
def test_customers_who_all_leave_alike_are_expected_to_buy_what_they_will(kind: type[BGNBD], size: float) -> None:
    leaves, r, alpha, t = 0.2, 0.3, 12.0, 90.0
    model = kind((r, alpha, leaves * size, (1 - leaves) * size))
    x, t_x, age = np.array([0, 2, 9]), np.array([0.0, 40.0, 150.0]), np.array([60.0, 100.0, 200.0])
    here = (1 - ((alpha + age) / (alpha + age + leaves * t)) ** (r + x)) / leaves  # with one probability of leaving for everybody
    assert model.expected_purchases(t, x, t_x, age) == pytest.approx(here * model.p_alive(x, t_x, age), rel=30 / size)
