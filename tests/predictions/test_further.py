"""Who takes part in a back-test beside the standard entrants: only where the shop's own past gives reason to, and with the reason told."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from patron.predictions import cnbd
from patron.predictions.choosing import STANDARD, Origin, choose, origin_of_orders
from patron.predictions.cnbd import MBGCNBD
from patron.predictions.further import Busy, by_season, regular

CLOCKWORK = MBGCNBD((0.9, 12.0, 0.8, 2.5), k=4)


def origins(k: int) -> list[Origin]:
    """Three days of the past of customers whose gaps are Erlang-k."""
    rng = np.random.default_rng(3)
    customers, days = [], []
    for customer in range(1_200):
        at, rate, leaves = rng.uniform(0, 400), rng.gamma(2.0, k / 50), rng.beta(0.8, 6.0)
        while at < 560:
            customers.append(customer)
            days.append(float(np.floor(at)))
            if rng.random() < leaves:
                break
            at += rng.gamma(k) / rate
    return [origin_of_orders(customers, days, day, 60) for day in (380.0, 440.0, 499.0)]


@pytest.mark.parametrize("k", [1, 2, 4])
def test_regularity_is_that_of_the_gaps_whatever_the_rates(k: int) -> None:
    age = np.random.default_rng(1).uniform(100, 500, 6_000)
    x, t_x, logs = MBGCNBD((0.9, 12.0, 0.8, 2.5), k=k).simulate_gaps(age, seed=3)
    assert cnbd.regularity(x, t_x, logs) == pytest.approx(k, rel=0.05)
    assert cnbd.regularity(x, t_x / 7, logs - x * np.log(7)) == pytest.approx(cnbd.regularity(x, t_x, logs), rel=1e-7)
    assert cnbd.regularity(np.tile(x, 2), np.tile(t_x, 2), np.tile(logs, 2)) == pytest.approx(cnbd.regularity(x, t_x, logs), rel=1e-7)


def test_regularity_of_two_equal_gaps_is_as_high_as_is_told_and_of_one_gap_unknown() -> None:
    assert cnbd.regularity([2, 0], [14, 0], [2 * np.log(7), 0]) == 50
    assert (cnbd.regularity([2], [100], [np.log(1) + np.log(99)]) or 50) < 1
    assert cnbd.regularity([1, 0], [14, 0], [np.log(14), 0]) is None


def test_models_of_regular_buyers_take_part_where_buyers_are_regular_and_win_there() -> None:
    found = regular(origins(4))
    assert [e.name for e in found.entrants] == ["bgcnbd", "mbgcnbd"]
    assert found.absent == ()
    choice = choose(origins(4), 60, entrants=(*STANDARD, *found.entrants), replicates=40)
    assert choice.chosen in {"bgcnbd", "mbgcnbd"}
    chosen = next(s for s in choice.standings if s.model == choice.chosen)
    assert chosen.parameters["k"] >= 3


def test_where_buyers_are_not_regular_it_is_said_by_how_much() -> None:
    found = regular(origins(1))
    assert found.entrants == ()
    assert found.absent[0].title == "BG/CNBD-k and MBG/CNBD-k"
    assert "not regular enough (k is 1." in found.absent[0].why
    assert "no gaps to compare" in regular([Origin("a", [0, 1], [0, 3], [5, 9], [0, 1], log_gaps=[0, np.log(3)])]).absent[0].why


def test_seasons_need_two_whole_years_at_every_origin() -> None:
    known = {name: Busy(date(2020, 1, 1), np.full(days, 30.0)) for name, days in (("early", 730), ("late", 731))}
    assert [e.name for e in by_season({"late": known["late"]}, 90).entrants] == ["bgnbd_seasonal", "mbgnbd_seasonal"]
    found = by_season(known, 90)
    assert found.entrants == ()
    assert "as of early there were less than two whole years" in found.absent[0].why
