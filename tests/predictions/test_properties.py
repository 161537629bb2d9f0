"""What holds for every shop: units, cells, weights and the order of rows do not matter, and no answer is out of its bounds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patron.predictions import bgnbd, mbgnbd, paretonbd
from patron.predictions.bgnbd import BGNBD
from patron.predictions.histories import cells
from patron.predictions.mbgnbd import MBGNBD
from patron.predictions.paretonbd import ParetoNBD

FITS = [bgnbd.fit, mbgnbd.fit, paretonbd.fit]
MODELS: list[Any] = [BGNBD, MBGNBD, ParetoNBD]
seeds = st.integers(0, 10_000)
anything = st.tuples(*[st.floats(-4, 5).map(lambda v: float(np.exp(v)))] * 4)
ages = st.floats(0, 1e5, allow_subnormal=False)


@st.composite
def histories(draw: st.DrawFn) -> tuple[int, float, float]:
    """Any history there may be, odd ones too."""
    age = draw(ages)
    x = draw(st.integers(0, 20) | st.integers(0, 20_000))
    last = age * draw(st.floats(0, 1))
    return (x, last, age) if x and last > 0 else (0, 0.0, age)


def shop(seed: int, customers: int = 250) -> tuple[Any, Any, Any]:
    """Histories of a made-up shop in whole days, purchases of one day one purchase."""
    rng = np.random.default_rng(seed)
    truth = MBGNBD((rng.uniform(0.3, 2), rng.uniform(5, 60), rng.uniform(0.4, 2), rng.uniform(1, 6)))
    age = rng.integers(20, 400, customers).astype(np.float64)
    x, t_x = truth.simulate(age, seed=seed)
    x, t_x = np.append(x, [2, 1]), np.append(np.ceil(t_x), [9, 30])
    return np.minimum(x, t_x).astype(np.int64), t_x, np.append(age, [40, 35])


@pytest.mark.parametrize("fit", FITS)
@settings(deadline=None, max_examples=8, derandomize=True)
@given(seed=seeds)
def test_days_and_weeks_agree(fit: Any, seed: int) -> None:
    x, t_x, age = shop(seed)
    days, weeks, seconds = fit(x, t_x, age), fit(x, t_x / 7, age / 7), fit(x, t_x * 86_400, age * 86_400)
    assert weeks.doubt == days.doubt == seconds.doubt
    assert weeks.log_likelihood - days.log_likelihood == pytest.approx(x.sum() * np.log(7), abs=1e-3 if days.doubt else 1e-6)
    if not days.doubt:
        assert weeks.expected_purchases(10, x, t_x / 7, age / 7) == pytest.approx(days.expected_purchases(70, x, t_x, age), rel=1e-5)


@pytest.mark.parametrize("model", MODELS)
@settings(deadline=None, max_examples=30)
@given(parameters=anything, history=histories(), t=st.floats(0, 1e4))
def test_answers_do_not_depend_on_the_unit(model: Any, parameters: tuple[float, ...], history: tuple[int, float, float], t: float) -> None:
    x, t_x, age = history
    scaled = [p / 7 if name in {"alpha", "beta"} else p for name, p in zip(model.names, parameters, strict=True)]
    days, weeks = model(parameters), model(tuple(scaled))
    if t_x == 0 or t_x / 7 > 0:
        last = min(t_x / 7, age / 7)
        assert weeks.p_alive([x], [last], [age / 7]) == pytest.approx(days.p_alive([x], [t_x], [age]), rel=1e-6, abs=1e-12)
        assert weeks.expected_purchases(t / 7, [x], [last], [age / 7]) == pytest.approx(
            days.expected_purchases(t, [x], [t_x], [age]), rel=1e-6, abs=1e-12
        )


@pytest.mark.parametrize("fit", FITS)
@settings(deadline=None, max_examples=8)
@given(seed=seeds)
def test_cells_rows_weights_and_any_order_of_rows_are_one_fit_bit_for_bit(fit: Any, seed: int) -> None:
    x, t_x, age = shop(seed)
    rng = np.random.default_rng(seed)
    times = rng.integers(1, 4, len(x))
    order = rng.permutation(int(times.sum()))
    rows = [np.repeat(column, times)[order] for column in (x, t_x, age)]
    grouped = cells(*rows)
    by_rows = fit(*rows)
    assert fit(grouped.x, grouped.t_x, grouped.T, weights=grouped.n) == by_rows
    assert fit(x, t_x, age, weights=times) == by_rows
    assert fit(np.append(x, 9), np.append(t_x, 3), np.append(age, 3), weights=np.append(times, 0)) == by_rows


@pytest.mark.parametrize("model", MODELS)
@settings(deadline=None, max_examples=30)
@given(parameters=anything, rows=st.lists(histories(), min_size=2, max_size=12), seed=seeds, t=st.floats(0, 1e4))
def test_answers_do_not_depend_on_other_rows_nor_their_order(
    model: Any, parameters: tuple[float, ...], rows: list[tuple[int, float, float]], seed: int, t: float
) -> None:
    fitted = model(parameters)
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    order = np.random.default_rng(seed).permutation(len(rows))
    for answer in (fitted.p_alive, lambda *h: fitted.expected_purchases(t, *h)):
        together = answer(*columns)
        assert (answer(*(column[order] for column in columns)) == together[order]).all()
        alone = np.array([answer(*(column[i : i + 1] for column in columns))[0] for i in range(len(rows))])
        assert alone == pytest.approx(together, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("model", MODELS)
@settings(deadline=None, max_examples=100)
@given(parameters=anything, history=histories(), t=st.floats(0, 1e5))
def test_no_answer_is_out_of_its_bounds(model: Any, parameters: tuple[float, ...], history: tuple[int, float, float], t: float) -> None:
    fitted = model(parameters)
    x, t_x, age = ([v] for v in history)
    alive, buys = fitted.p_alive(x, t_x, age)[0], fitted.expected_purchases(t, x, t_x, age)[0]
    assert 0 <= alive <= 1
    rate = parameters[1]
    assert 0 <= buys <= (parameters[0] + x[0]) / (rate + age[0]) * t * (1 + 1e-9)


@pytest.mark.parametrize("model", MODELS)
@settings(deadline=None, max_examples=50)
@given(parameters=anything, x=st.integers(1, 500), age=st.floats(1, 1e4), t=st.floats(0.1, 1e4))
def test_who_bought_later_is_likelier_to_be_alive_and_more_time_is_more_purchases(
    model: Any, parameters: tuple[float, ...], x: int, age: float, t: float
) -> None:
    fitted = model(parameters)
    last = np.linspace(0.01, 1, 25) * age
    alive = fitted.p_alive(np.full(25, x), last, np.full(25, age))
    assert (np.diff(alive) >= -1e-13).all()
    buys = np.array([fitted.expected_purchases(t * share, [x], [age / 2], [age])[0] for share in (0, 0.5, 1, 2)])
    assert (np.diff(buys) >= -1e-12 * buys.max()).all()


@pytest.mark.parametrize("model", MODELS)
@settings(deadline=None, max_examples=25)
@given(parameters=anything, t=st.floats(0.1, 1e3))
def test_probabilities_of_purchases_add_up_to_one_and_to_the_expectation(model: Any, parameters: tuple[float, ...], t: float) -> None:
    fitted = model(parameters)
    found = fitted.pmf_of_new(t, 3_000)
    assert (found >= 0).all()
    total = found.sum()
    assert total <= 1 + 1e-9
    expected = fitted.expected_of_new([t])[0]
    if total > 1 - 1e-13:
        assert found @ np.arange(3_001) == pytest.approx(expected, rel=1e-6, abs=1e-9)
