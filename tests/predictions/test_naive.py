"""What can be said without a model."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patron.kernel.errors import InputError
from patron.predictions.naive import Zero, naive_rate, recency_rule

X, LAST, AGE = [0, 1, 9], [0.0, 40.0, 90.0], [50.0, 50.0, 100.0]


def test_the_shops_rate_is_all_repeats_over_all_time() -> None:
    model = naive_rate(X, LAST, AGE)
    assert model.rate == pytest.approx(10 / 200)
    assert model.settling == pytest.approx(200 / 3 / 10)


def test_a_newcomer_has_the_shops_rate_and_the_well_known_almost_the_own() -> None:
    model = naive_rate(X, LAST, AGE)
    new, old = model.expected_purchases(30, [0, 900], [0, 9_000], [0, 10_000])
    assert new == pytest.approx(30 * 0.05)
    assert old == pytest.approx(30 * 0.09, rel=1e-3)


def test_who_waited_twice_the_own_gap_has_left() -> None:
    model = recency_rule(X, LAST, AGE)
    assert model.gap == pytest.approx(130 / 10)
    assert model.p_alive([1, 1, 9, 9], [40, 40, 90, 90], [119, 120, 109, 110]).tolist() == [1, 0, 1, 0]


def test_who_ordered_once_is_judged_by_the_shops_gap() -> None:
    assert recency_rule(X, LAST, AGE).p_alive([0, 0], [0, 0], [25, 27]).tolist() == [1, 0]


def test_expected_orders_of_the_rule_are_the_own_rate_or_none() -> None:
    model, rate = recency_rule(X, LAST, AGE), naive_rate(X, LAST, AGE)
    assert model.expected_purchases(30, X, LAST, AGE).tolist() == pytest.approx([0, *rate.expected_purchases(30, X, LAST, AGE)[1:]])
    assert model.p_order(30, X, LAST, AGE)[0] == 0.0


def test_zero_is_zero() -> None:
    assert Zero().expected_purchases(30, X, LAST, AGE).tolist() == [0, 0, 0]
    assert Zero().p_order(30, X, LAST, AGE).tolist() == [0, 0, 0]


def test_a_shop_of_this_morning_has_an_answer() -> None:
    model, rule = naive_rate([0], [0], [0]), recency_rule([0], [0], [0])
    assert model.expected_purchases(30, [0], [0], [0]).tolist() == [0.0]
    assert rule.p_alive([0], [0], [0]).tolist() == [1.0]


@given(st.lists(st.tuples(st.integers(0, 20), st.floats(0, 1), st.floats(1, 900), st.integers(1, 3)), min_size=1, max_size=20))
@settings(deadline=None, max_examples=50)
def test_weights_are_repetitions_and_probabilities_are_probabilities(rows: list[tuple[int, float, float, int]]) -> None:
    x, part, age, n = (np.array(c) for c in zip(*rows, strict=True))
    last = np.where(x > 0, np.maximum(part, 0.01) * age, 0.0)
    again = np.repeat(np.arange(len(x)), n)
    one, other = naive_rate(x, last, age, weights=n), naive_rate(x[again], last[again], age[again])
    assert (one.rate, one.settling) == pytest.approx((other.rate, other.settling))
    assert (recency_rule(x, last, age, weights=n).gap) == pytest.approx(recency_rule(x[again], last[again], age[again]).gap)
    chances = one.p_order(30, x, last, age)
    assert ((chances >= 0) & (chances <= 1)).all()


def test_a_negative_horizon_is_refused() -> None:
    with pytest.raises(InputError, match="a span of time of 0 or more"):
        naive_rate(X, LAST, AGE).expected_purchases(-1, X, LAST, AGE)
    with pytest.raises(InputError, match="a span of time of 0 or more"):
        Zero().expected_purchases(-1, X, LAST, AGE)
