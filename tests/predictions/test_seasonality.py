"""Operational time: what is found of a season, and how histories are told in it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from patron.kernel.errors import InputError
from patron.predictions.choosing import STANDARD, choose
from patron.predictions.seasonality import Season, clock, season, seasonal
from predictions.shops import Shop

if TYPE_CHECKING:
    from patron.predictions.histories import Floats

FIRST = date(2020, 3, 5)
EVEN = Season((1.0,) * 12, (1.0,) * 7)
BUSY = Season((0.7,) * 6 + (0.9, 0.9, 0.9, 1.0, 1.8, 2.3), (1.2, 1.1, 1.0, 1.0, 1.2, 1.3, 0.2))


def orders(days: int, *, growth: float = 0.0) -> Floats:
    """Orders of each day of a busy shop that may grow."""
    rates = 200 * BUSY.busy(FIRST, days) * np.exp(growth * np.arange(days) / 365)
    return np.random.default_rng(1).poisson(rates).astype(np.float64)


@pytest.mark.parametrize("growth", [0.0, 0.5])
def test_a_season_is_found_again_also_in_a_shop_that_grows(growth: float) -> None:
    found = season(orders(1_200, growth=growth), FIRST)
    assert found is not None
    assert found.months == pytest.approx(np.array(BUSY.months) / np.mean(BUSY.months), rel=0.06)
    assert found.weekdays == pytest.approx(BUSY.weekdays, rel=0.04)


def test_less_than_two_whole_years_tell_no_season() -> None:
    until = (date(2022, 4, 1) - FIRST).days  # April 2020 to March 2022
    assert season(orders(until), FIRST) is not None
    assert season(orders(until - 1), FIRST) is None


def test_few_orders_tell_little() -> None:
    daily = [0.0] * 1_000
    daily[100] = daily[465] = 1.0
    found = season(daily, FIRST)
    assert found is not None
    assert found.months == pytest.approx([1.0] * 12, abs=0.05)


def test_in_a_shop_without_a_season_a_day_is_a_day() -> None:
    of = clock(EVEN, FIRST, 400, 90)
    t_x, age = of.ages(np.array([0.0, 30.0]), np.array([10.0, 400.0]))
    assert t_x == pytest.approx([0, 30])
    assert age == pytest.approx([10, 400])
    assert of.horizon(90) == pytest.approx(90)


def test_days_add_up_to_the_days_of_the_season_and_order_is_kept() -> None:
    of = clock(BUSY, FIRST, 500, 90)
    born, last = np.arange(0.0, 400.0), np.arange(0.0, 400.0) + 50
    t_x, age = of.ages(last - born, 500 - born)
    busy = BUSY.busy(FIRST, 591)
    assert age == pytest.approx([busy[int(b) + 1 : 501].sum() for b in born])
    assert ((t_x > 0) & (t_x < age)).all()
    assert of.horizon(90) == pytest.approx(busy[501:591].sum())


def test_a_customer_older_than_the_clock_is_refused() -> None:
    with pytest.raises(InputError, match="as long as the clock has run"):
        clock(EVEN, FIRST, 10, 90).ages(np.array([0.0]), np.array([11.0]))


def test_a_model_by_season_wins_the_back_test_of_a_shop_with_a_strong_one() -> None:
    shop = seasonal_shop()
    horizon, at = 60, [1_000, 1_060, 1_120, 1_180]
    daily = np.bincount(shop.days.astype(int), minlength=1_300).astype(float)
    clocks = {}
    for day in at:
        of = season(daily[: day + 1], FIRST)
        assert of is not None
        clocks[f"day {day}"] = clock(of, FIRST, day, horizon)
    entrants = (*STANDARD, seasonal(STANDARD[3], clocks))
    found = choose(shop.origins([float(d) for d in at], horizon, with_values=False), horizon, entrants=entrants, replicates=40)
    assert found.chosen == "bgnbd_seasonal"


def seasonal_shop() -> Shop:
    """Customers who buy at rates of their own in operational time and leave after an order with probabilities of their own."""
    rng = np.random.default_rng(5)
    passed = np.cumsum(BUSY.busy(FIRST, 1_300))
    customers, days = [], []
    for customer in range(1_500):
        at = rng.uniform(0, passed[-1] * 0.9)
        rate, leaves = rng.gamma(1.0, 1 / 40), rng.beta(0.8, 6.0)
        while at < passed[-1]:
            customers.append(customer)
            days.append(float(np.searchsorted(passed, at)))
            if rng.random() < leaves:
                break
            at += rng.exponential(1 / rate)
    assert FIRST + timedelta(days=max(days)) < date(2024, 1, 1)
    return Shop(np.array(customers), np.array(days), np.ones(len(days)))
