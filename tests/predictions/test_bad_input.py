"""What cannot be used is refused with the rows named; what can is answered, and never with a missing number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from patron.kernel.errors import InputError
from patron.predictions import bgnbd, mbgnbd, paretonbd
from patron.predictions.model import TOO_FEW
from predictions.cdnow import sample

MODULES: list[Any] = [bgnbd, mbgnbd, paretonbd]
BAD = [
    ([1, np.nan, 2], [1, 1, 1], [5, 5, 5], "x, row 1"),
    ([1, 1, 2], [1, np.inf, 1], [5, 5, 5], "t_x, row 1"),
    ([1, 1, 2], [1, 1, 1], [5, None, 5], "T"),
    ([1, -1, 2], [1, 1, 1], [5, 5, 5], "x, row 1: found '-1'"),
    ([1, 1.5, 2], [1, 1, 1], [5, 5, 5], "x, row 1: found '1.5', expected a whole number"),
    ([1, 1, 2], [1, 1, -1], [5, 5, 5], "t_x, row 2"),
    ([1, 1, 2], [1, 6, 7], [5, 5, 5], "t_x, row 1, 2: found '6', expected at most T"),
    ([0, 1, 2], [3, 1, 1], [5, 5, 5], "t_x, row 0: found '3', expected 0"),
    ([1, 1, 2], [1, 0, 1], [5, 5, 5], "t_x, row 1: found '0', expected more than 0"),
    ([1, 1], [1, 1, 1], [5, 5, 5], "the same number of rows"),
    ([], [], [], "at least one row"),
    ([[1], [1]], [1, 1], [5, 5], "one dimension"),
    (["one"], [1], [5], "an array of numbers"),
    ([10**7], [1], [5], "at most a million"),
]


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(("x", "t_x", "age", "named"), BAD)
def test_what_is_no_history_is_refused_by_fits_and_predictions(module: Any, x: Any, t_x: Any, age: Any, named: str) -> None:
    model = module.fit(*sample().weeks)
    for ask in (module.fit, model.p_alive, lambda *h: model.expected_purchases(1, *h)):
        with pytest.raises(InputError) as raised:
            ask(x, t_x, age)
        assert named in str(raised.value)


@pytest.mark.parametrize("module", MODULES)
def test_all_problems_are_told_at_once_and_long_lists_are_cut(module: Any) -> None:
    with pytest.raises(InputError) as raised:
        module.fit([-1] * 9 + [1], [1] * 10, [5] * 9 + [0.5])
    assert [p.where for p in raised.value.problems] == ["x, row 0, 1, 2, 3, 4 and 4 more", "t_x, row 9"]


@pytest.mark.parametrize("module", MODULES)
def test_weights_that_cannot_be_are_refused(module: Any) -> None:
    with pytest.raises(InputError, match="weights, row 1"):
        module.fit([1, 2], [1, 2], [3, 3], weights=[1, -1])
    with pytest.raises(InputError, match="weight above 0"):
        module.fit([1, 2], [1, 2], [3, 3], weights=[0, 0])
    with pytest.raises(InputError, match="the same number of rows"):
        module.fit([1, 2], [1, 2], [3, 3], weights=[1])


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("t", [-1, np.nan, np.inf])
def test_a_horizon_that_cannot_be_is_refused(module: Any, t: float) -> None:
    with pytest.raises(InputError, match="a span of time of 0 or more"):
        module.fit(*sample().weeks).expected_purchases(t, [1], [1], [3])


@pytest.mark.parametrize("module", MODULES)
def test_nobody_who_came_back_is_an_error_without_a_prior_and_an_answer_with_one(module: Any) -> None:
    with pytest.raises(InputError, match="Nobody bought again"):
        module.fit([0, 0], [0, 0], [30, 60])
    model = module.fit([0] * 50, [0] * 50, [60] * 50, prior=module.weak_prior([60.0]))
    assert 0 < model.expected_purchases(60, [0], [0], [60])[0] < 0.5
    assert model.expected_of_new([60])[0] < 0.5


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(("x", "t_x", "age"), [([3], [20], [30]), ([1, 0], [5, 0], [9, 9]), ([0, 2, 0], [0, 0.5, 0], [0, 0.5, 1])])
def test_a_handful_of_customers_is_too_few_but_answered(module: Any, x: Any, t_x: Any, age: Any) -> None:
    for model in (module.fit(x, t_x, age), module.fit(x, t_x, age, prior=module.weak_prior(age))):
        found = [model.p_alive(x, t_x, age), model.expected_purchases(30, x, t_x, age), model.expected_of_new([0, 30])]
        assert np.isfinite(np.concatenate(found)).all()
        assert min(f.min() for f in found) >= 0
    assert module.fit(x, t_x, age).standard_errors is None
    assert module.fit(x, t_x, age).doubt


@pytest.mark.parametrize("module", MODULES)
def test_fifty_customers_and_a_prior_get_a_wide_and_sane_answer(module: Any) -> None:
    x, t_x, age = (column[:50] for column in sample().weeks)
    model = module.fit(x, t_x, age, prior=module.weak_prior(age))
    low, high = model.interval(lambda m: m.expected_purchases(39, x, t_x, age))
    total = model.expected_purchases(39, x, t_x, age).sum()
    assert 0.2 * total < low.sum() < total < high.sum() < 4 * total
    assert 5 < total < 60


@pytest.mark.parametrize("module", MODULES)
def test_a_customer_of_today_is_a_customer(module: Any) -> None:
    model = module.fit(*sample().weeks)
    assert model.p_alive([0], [0], [0])[0] > 0.5
    assert model.expected_purchases(0, [0], [0], [0])[0] == 0


def test_too_few_is_a_word() -> None:
    assert "too few" in TOO_FEW
