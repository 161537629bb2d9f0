"""What customers will be worth, in units that are said."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from patron.kernel.errors import InputError
from patron.predictions import bgnbd, clv, gamma_gamma, paretonbd
from patron.predictions.bgnbd import BGNBD
from patron.predictions.mbgnbd import MBGNBD
from patron.predictions.paretonbd import ParetoNBD
from predictions.cdnow import sample
from predictions.published import NAMED

MONTH = 4.345 * 7  # how many days lifetimes gives to a month of a model in weeks
ROWS = [c.number - 1 for c in NAMED]
MODELS: list[Any] = [BGNBD((0.243, 30.9, 0.793, 2.426)), MBGNBD((0.525, 43.3, 0.891, 1.614)), ParetoNBD((0.553, 74.0, 0.606, 81.7))]
HISTORIES = ([0, 1, 7, 3], [0.0, 12.0, 206.0, 2.0], [0.0, 272.0, 272.0, 700.0])


@pytest.fixture(scope="module")
def mean() -> Any:
    """Expected values of the named customers' orders, as lifetimes has them."""
    has = sample().x > 0
    model = gamma_gamma.fit(sample().x[has], sample().rounded_spend[has])
    return model.expected_value([c.x for c in NAMED], [c.zbar for c in NAMED])


def test_value_without_end_is_as_published(mean: Any) -> None:
    model = paretonbd.fit(*sample().weeks)
    dert = clv.discounted_purchases(model, *(column[ROWS] for column in sample().weeks), rate=np.log(1.15) / 52)
    assert dert.tolist() == pytest.approx([c.dert for c in NAMED], rel=1e-5)
    assert (dert * mean).tolist() == pytest.approx([c.clv for c in NAMED], rel=1e-5)


def test_value_of_twelve_months_is_that_of_lifetimes(mean: Any) -> None:
    model, (x, t_x, age) = bgnbd.fit(*sample().rounded), [column[ROWS] for column in sample().rounded]
    found = clv.monthly_clv(model, x, t_x, age, mean, months=12, monthly_rate=0.01, unit_days=7, month_days=MONTH)
    assert found.tolist() == pytest.approx([c.monthly for c in NAMED], rel=0, abs=1e-4)


def test_months_are_as_long_for_a_model_in_days_and_not_seven_times_as_long_for_one_in_weeks(mean: Any) -> None:
    x, t_x, age = sample().rounded
    weeks, days = bgnbd.fit(x, t_x, age), bgnbd.fit(x, 7 * t_x, 7 * age)
    of_weeks = clv.monthly_clv(weeks, x[:1], t_x[:1], age[:1], mean[:1], months=12, monthly_rate=0.01, unit_days=7, month_days=MONTH)
    of_days = clv.monthly_clv(days, x[:1], 7 * t_x[:1], 7 * age[:1], mean[:1], months=12, monthly_rate=0.01, month_days=MONTH)
    assert of_days == pytest.approx(of_weeks, rel=1e-6)
    assert of_weeks[0] == pytest.approx(36.2785, abs=5.1e-5)
    unaware = clv.monthly_clv(weeks, x[:1], t_x[:1], age[:1], mean[:1], months=12, monthly_rate=0.01, month_days=30)  # lifetimes' freq="D"
    assert unaware[0] == pytest.approx(140.096, abs=5.1e-4)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("horizon", [30.0, 365.0])
def test_discounting_is_that_of_each_purchase_from_its_own_time(model: Any, horizon: float) -> None:
    rate = clv.continuous_rate(0.1)
    edges = horizon * np.linspace(0, 1, 401) ** 2
    until = np.stack([model.expected_purchases(t, *HISTORIES) for t in edges.tolist()])
    middle = np.exp(-rate * (edges[1:] + edges[:-1]) / 2)
    summed = ((until[1:] - until[:-1]) * middle[:, None]).sum(axis=0)
    assert clv.clv(model, *HISTORIES, 1, horizon_days=horizon) == pytest.approx(summed, rel=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_value_grows_with_the_horizon_and_falls_with_the_rate(model: Any) -> None:
    values = [clv.clv(model, *HISTORIES, 10, horizon_days=days) for days in (0, 30, 365, 3650, None)]
    assert (values[0] == 0).all()
    for less, more in pairwise(values):
        assert (less < more).all()
    assert (clv.clv(model, *HISTORIES, 10, yearly_rate=0.3) < values[2]).all()
    assert clv.clv(model, *HISTORIES, 10, yearly_rate=0) == pytest.approx(10 * model.expected_purchases(365, *HISTORIES))


@pytest.mark.parametrize("s", [0.2, 1.0, 2.5])
@pytest.mark.parametrize("yearly_rate", [0.01, 0.15, 1.0])
def test_value_without_end_is_pareto_discounted_in_one_piece(s: float, yearly_rate: float) -> None:
    model, rate = ParetoNBD((0.553, 74.0, s, 81.7)), clv.continuous_rate(yearly_rate)
    found = clv.clv(model, *HISTORIES, 1, horizon_days=None, yearly_rate=yearly_rate)
    assert found == pytest.approx(model.discounted_purchases(*HISTORIES, rate), rel=1e-9)


def test_a_year_is_365_days_in_any_unit() -> None:
    assert clv.continuous_rate(0.1) * 365 == pytest.approx(np.log(1.1))
    weeks = BGNBD((0.243, 30.9 / 7, 0.793, 2.426))
    in_weeks = clv.clv(weeks, HISTORIES[0], np.divide(HISTORIES[1], 7), np.divide(HISTORIES[2], 7), 25, unit_days=7)
    assert in_weeks == pytest.approx(clv.clv(MODELS[0], *HISTORIES, 25), rel=1e-12)


def test_margins_are_of_each_customer_or_of_all() -> None:
    one = clv.clv(MODELS[0], *HISTORIES, 1)
    assert clv.clv(MODELS[0], *HISTORIES, [1, 2, 3, -4]) == pytest.approx(one * [1, 2, 3, -4])
    with pytest.raises(InputError, match="margin: found '2 rows', expected one number, or 4 rows"):
        clv.clv(MODELS[0], *HISTORIES, [1, 2])
    with pytest.raises(InputError, match="margin, row 1"):
        clv.clv(MODELS[0], *HISTORIES, [1, np.nan, 3, 4])


@pytest.mark.parametrize(("words", "named"), [
    ({"yearly_rate": -1.0}, "1 \\+ yearly_rate"), ({"yearly_rate": np.nan}, "1 \\+ yearly_rate"), ({"unit_days": 0}, "unit_days"),
    ({"horizon_days": -5}, "t, row 0"), ({"horizon_days": np.inf}, "t, row 0"), ({"yearly_rate": 0.0, "horizon_days": None}, "infinite"),
    ({"yearly_rate": -0.1}, "rate: found"),
])  # fmt: skip
def test_what_cannot_be_is_refused(words: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        clv.clv(MODELS[0], *HISTORIES, 1, **words)


def test_months_that_cannot_be_are_refused() -> None:
    with pytest.raises(InputError, match="months"):
        clv.monthly_clv(MODELS[0], *HISTORIES, 1, months=0, monthly_rate=0.01)
