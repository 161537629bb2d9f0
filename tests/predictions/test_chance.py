"""Fits do not hang on where they start, and intervals hold the truth as often as they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from patron.predictions import bgbb, bgnbd, exponential, geometric, mbgnbd, paretonbd, sbg
from patron.predictions.bgbb import BGBB
from patron.predictions.bgnbd import BGNBD
from patron.predictions.histories import cells
from patron.predictions.mbgnbd import MBGNBD
from patron.predictions.optimum import maximum
from patron.predictions.paretonbd import ParetoNBD
from patron.predictions.sbg import SBG
from predictions import published
from predictions.cdnow import sample

RUNS = 200


def starts(count: int) -> list[list[float]]:
    """Anywhere: e to the power of anything from −4 to 5, each parameter for itself."""
    found: list[list[float]] = np.exp(np.random.default_rng(17).uniform(-4, 5, (count, 4))).tolist()
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("first", "best"), [(0, published.BG[0]), (1, published.MBG[0])])
def test_any_start_climbs_to_the_summit_of_bg(first: int, best: float) -> None:
    histories = cells(*sample().weeks)
    found = [maximum(lambda p: geometric.likelihood(histories, p, first), [start]).value for start in starts(200)]
    assert found == pytest.approx([best] * 200, rel=0, abs=1e-6)


@pytest.mark.slow
def test_any_start_climbs_to_the_summit_of_pareto() -> None:
    histories = cells(*sample().weeks)
    found = [maximum(lambda p: exponential.likelihood(histories, p), [start]).value for start in starts(100)]
    assert found == pytest.approx([published.PARETO[0]] * 100, rel=0, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(("truth", "fit", "customers"), [
    (BGNBD((0.6, 20.0, 0.8, 2.5)), bgnbd.fit, 6_000),
    (MBGNBD((0.8, 20.0, 0.8, 2.0)), mbgnbd.fit, 6_000),
    (ParetoNBD((0.7, 20.0, 0.6, 40.0)), paretonbd.fit, 1_500),
])  # fmt: skip
def test_intervals_hold_the_truth_as_often_as_they_say(truth: Any, fit: Any, customers: int) -> None:
    age = np.random.default_rng(23).uniform(100, 500, customers)
    assert_holds(truth, [fit(*truth.simulate(age, seed=1_000 + run), age) for run in range(RUNS)])


@pytest.mark.slow
def test_intervals_of_buyers_at_set_opportunities_hold_the_truth_as_often_as_they_say() -> None:
    truth, opportunities = BGBB((1.2, 0.75, 0.66, 2.8)), np.full(4_000, 10)
    assert_holds(truth, [bgbb.fit(*truth.simulate(opportunities, seed=2_000 + run), opportunities) for run in range(RUNS)])


@pytest.mark.slow
def test_intervals_of_contracts_hold_the_truth_as_often_as_they_say() -> None:
    truth, last = SBG((0.7, 1.2)), 12
    ended = [truth.simulate(4_000, seed=3_000 + run) for run in range(RUNS)]
    assert_holds(truth, [sbg.fit_contracts(np.minimum(e, last), e <= last) for e in ended])


def assert_holds(truth: Any, models: list[Any]) -> None:
    """Intervals of 95 %, in logarithms, that hold each parameter in 90 to 98 of 100 fits."""
    held = np.zeros(len(truth.values))
    for model in models:
        assert model.doubt == ""
        spread = np.array(list(model.standard_errors.values())) / np.array(model.values)
        held += np.abs(np.log(model.values) - np.log(truth.values)) < 1.96 * spread
    assert (held >= 0.9 * len(models)).all(), held
    assert (held <= 0.98 * len(models)).all(), held
