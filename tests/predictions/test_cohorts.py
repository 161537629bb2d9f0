"""Cohorts lean on each other where they are small."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from patron.kernel.errors import InputError
from patron.predictions import cohorts, mbgnbd
from patron.predictions.mbgnbd import MBGNBD

ALIKE = MBGNBD((0.8, 20.0, 0.8, 2.0))
SLOW, FAST = MBGNBD((0.8, 40.0, 0.8, 2.0)), MBGNBD((0.8, 10.0, 0.8, 2.0))


def test_a_small_cohort_gets_almost_what_is_common_and_a_large_one_its_own() -> None:
    sizes = {"a": 4_000, "b": 4_000, "c": 15}
    x: list[Any] = []
    t_x: list[Any] = []
    age: list[Any] = []
    label: list[str] = []
    for seed, ((name, size), truth) in enumerate(zip(sizes.items(), (SLOW, FAST, FAST), strict=True)):
        ends = np.random.default_rng(seed).uniform(100, 500, size)
        of_x, of_t = truth.simulate(ends, seed=seed)
        x, t_x, age, label = [*x, *of_x], [*t_x, *of_t], [*age, *ends], [*label, *([name] * size)]
    found = cohorts.fit(mbgnbd.fit, x, t_x, age, label)
    own = {name: mbgnbd.fit(*(np.array(v)[np.array(label) == name] for v in (x, t_x, age))) for name in ("a", "b")}
    for name in ("a", "b"):
        assert found.models[name].expected_of_new([100])[0] == pytest.approx(own[name].expected_of_new([100])[0], rel=0.05)
    slow, small, fast = (found.models[name].expected_of_new([100])[0] for name in ("a", "c", "b"))
    assert slow < small < 1.5 * fast
    assert found.of("unknown") is found.pooled


def test_cohorts_alike_become_alike() -> None:
    age = np.random.default_rng(2).uniform(100, 500, 2_400)
    x, t_x = ALIKE.simulate(age, seed=9)
    label = np.arange(2_400) % 12
    found = cohorts.fit(mbgnbd.fit, x, t_x, age, label)
    pooled = found.pooled.expected_of_new([90])[0]
    shrunk = [m.expected_of_new([90])[0] for m in found.models.values()]
    own = [
        mbgnbd.fit(x[label == c], t_x[label == c], age[label == c], prior=mbgnbd.weak_prior(age)).expected_of_new([90])[0]
        for c in range(12)
    ]
    assert np.std(shrunk) < 0.7 * np.std(own)
    assert np.mean(shrunk) == pytest.approx(pooled, rel=0.05)


def test_one_cohort_is_the_pool() -> None:
    age = np.random.default_rng(2).uniform(100, 500, 300)
    x, t_x = ALIKE.simulate(age, seed=9)
    found = cohorts.fit(mbgnbd.fit, x, t_x, age, ["all"] * 300)
    assert found.models == {"all": found.pooled}


def test_labels_are_as_many_as_customers() -> None:
    with pytest.raises(InputError, match="cohort: found '1 rows', expected 2 rows"):
        cohorts.fit(mbgnbd.fit, [1, 2], [1, 2], [3, 3], ["a"])
