"""When the next order comes: by hand, by simulation, and in the limits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patron.kernel.errors import InputError
from patron.predictions.next_order import Gaps, fit

if TYPE_CHECKING:
    from patron.predictions.histories import Floats

SHOP = Gaps(centre=float(np.log(30)), between=0.4, within=0.3, certainty=8.0)
TRUE = Gaps(centre=3.2, between=0.35, within=0.5, certainty=6.0)


def simulated(count: int, *, seed: int) -> tuple[tuple[Floats, Floats, Floats], Floats]:
    """Number, mean and variance of the logarithms of customers' gaps, and the gap that comes next."""
    rng = np.random.default_rng(seed)
    n = rng.integers(0, 12, count)
    own = rng.normal(TRUE.centre, np.sqrt(TRUE.between), count)
    variance = TRUE.within / (rng.chisquare(TRUE.certainty, count) / TRUE.certainty)
    logs = rng.normal(own[:, None], np.sqrt(variance)[:, None], (count, 13))
    seen = np.arange(12) < n[:, None]
    mean = np.where(n > 0, (logs[:, :12] * seen).sum(axis=1) / np.maximum(n, 1), 0.0)
    squares = (((logs[:, :12] - mean[:, None]) ** 2) * seen).sum(axis=1)
    return (n.astype(np.float64), mean, np.where(n > 1, squares / np.maximum(n - 1, 1), 0.0)), np.exp(logs[:, 12])


def test_what_gaps_were_made_with_is_found_again() -> None:
    found = fit(*simulated(30_000, seed=1)[0])
    assert found.centre == pytest.approx(TRUE.centre, abs=0.02)
    assert found.between == pytest.approx(TRUE.between, rel=0.06)
    assert found.within == pytest.approx(TRUE.within, rel=0.06)
    assert 4 <= found.certainty <= 9


@pytest.mark.parametrize("waited", [0.0, 0.5, 2.0])
def test_intervals_hold_the_next_order_as_often_as_they_say(waited: float) -> None:
    gaps, coming = simulated(40_000, seed=2)
    since = np.random.default_rng(3).exponential(30 * waited, len(coming)) if waited else np.zeros(len(coming))
    late = coming > since  # who has ordered by then is not waiting any more
    found = fit(*gaps).next_order(tuple(g[late] for g in gaps), since[late], np.ones(late.sum()))  # type: ignore[arg-type]
    rest = coming[late] - since[late]
    assert np.mean((found.low <= rest) & (rest <= found.high)) == pytest.approx(0.8, abs=0.015)
    assert np.mean(rest <= found.after) == pytest.approx(0.5, abs=0.015)
    for times in (gaps[0][late] == 0, gaps[0][late] == 1, gaps[0][late] > 5):
        assert np.mean(((found.low <= rest) & (rest <= found.high))[times]) == pytest.approx(0.8, abs=0.04)


def test_the_shop_speaks_for_who_has_no_gap_and_the_own_gaps_for_who_has_many() -> None:
    usual = SHOP.usual([0, 1, 400], [0.0, np.log(90), np.log(90)], [0.0, 0.0, 0.1])
    assert usual[0] == pytest.approx(30)
    assert 30 < usual[1] < 90
    assert usual[2] == pytest.approx(90, rel=0.01)


def test_an_irregular_customer_has_the_wider_interval() -> None:
    found = SHOP.next_order(([9, 9], [3.0, 3.0], [0.01, 2.0]), [1, 1], [1, 1])
    assert found.low[1] < found.low[0]
    assert found.high[1] > found.high[0]


def test_who_has_waited_longer_is_told_a_later_day_and_never_one_in_the_past() -> None:
    since = np.array([0.0, 10, 30, 100, 1_000, 1e6])
    gaps = np.full(6, 4.0), np.full(6, np.log(30)), np.full(6, 0.2)
    found = SHOP.next_order(gaps, since, np.ones(6))
    assert (np.diff(since + found.after) > 0).all()
    assert (found.low >= 0).all()
    assert (found.low <= found.after).all()
    assert (found.after <= found.high).all()
    assert np.isfinite(found.high).all()


def test_nothing_is_told_of_who_has_probably_left() -> None:
    found = SHOP.next_order(([1, 1], [3.0, 3.0], [0.0, 0.0]), [5, 5], [0.49, 0.5])
    assert found.is_told.tolist() == [False, True]
    assert found.p_alive.tolist() == [0.49, 0.5]


def test_wide_level_wide_interval() -> None:
    of = ([3.0], [3.0], [0.2])
    wide, narrow = (SHOP.next_order(of, [5.0], [1.0], level=level) for level in (0.95, 0.5))
    assert wide.low[0] < narrow.low[0] < narrow.high[0] < wide.high[0]


def test_one_gap_in_the_whole_shop_is_enough_for_an_answer() -> None:
    found = fit([1, 0], [np.log(20), 0.0], [0.0, 0.0])
    assert found.usual([0, 1], [0.0, np.log(20)], [0.0, 0.0]) == pytest.approx([20, 20])


def test_customers_like_clockwork_have_an_answer() -> None:
    found = fit([5] * 8, [np.log(7)] * 8, [0.0] * 8)
    told = found.next_order(([5.0], [np.log(7)], [0.0]), [3.0], [1.0])
    assert told.after[0] == pytest.approx(4, abs=0.1)
    assert 0 < told.high[0] - told.low[0] < 1


@given(st.lists(st.tuples(st.integers(0, 9), st.floats(-1, 7), st.floats(0, 3), st.integers(1, 3)), min_size=1, max_size=12))
@settings(deadline=None, max_examples=40)
def test_weights_are_repetitions_and_row_order_is_irrelevant(rows: list[tuple[int, float, float, int]]) -> None:
    n, mean, variance, weights = (np.array(c, dtype=np.float64) for c in zip(*rows, strict=True))
    if not n.any():
        return
    again = np.repeat(np.arange(len(rows))[::-1], weights[::-1].astype(int))
    one, other = fit(n, mean, variance, weights=weights), fit(n[again], mean[again], variance[again])
    of = ([0.0, 2.0], [0.0, 3.0], [0.0, 0.3])
    assert other.usual(*of) == pytest.approx(one.usual(*of), rel=1e-5)


def test_without_a_gap_there_is_nothing_to_learn_from() -> None:
    with pytest.raises(InputError, match="There is no gap between orders to learn from"):
        fit([0, 0], [0.0, 0.0], [0.0, 0.0])


def test_rows_that_are_no_gaps_are_named() -> None:
    with pytest.raises(InputError, match=r"gap_count, row 1: found '1\.5'") as raised:
        fit([1, 1.5], [1.0, 1.0], [0.0, -1.0])
    assert "variance_log, row 1" in str(raised.value)
    with pytest.raises(InputError, match="since, row 0: found '-1'"):
        SHOP.next_order(([1.0], [1.0], [0.0]), [-1.0], [1.0])


def test_gaps_are_plain_numbers() -> None:
    found = fit(*simulated(200, seed=4)[0])
    assert all(type(v) is float for v in (found.centre, found.between, found.within, found.certainty))
    json.dumps([found.centre, found.between, found.within, found.certainty])
