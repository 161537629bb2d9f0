"""Customers who buy more regularly than by chance."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patron.kernel.errors import InputError
from patron.predictions import bgnbd, cnbd, erlang, mbgnbd
from patron.predictions.again import p_ever, p_order
from patron.predictions.ahead import orders_within
from patron.predictions.bgnbd import BGNBD
from patron.predictions.cnbd import BGCNBD, MBGCNBD
from patron.predictions.histories import cells
from patron.predictions.mbgnbd import MBGNBD
from predictions.cdnow import sample

CLOCKWORK = MBGCNBD((0.9, 12.0, 0.8, 2.5), k=3)
HISTORIES = np.array([0, 1, 2, 7, 26]), np.array([0.0, 12, 213, 206, 216]), np.array([189.0, 272, 272, 272, 217])
KIND = (BGCNBD, MBGCNBD)
KINDS = [(k, first) for k in (1, 2, 3, 6) for first in (0, 1)]


@pytest.mark.parametrize(("first", "rival"), [(0, bgnbd), (1, mbgnbd)])
def test_without_regularity_it_is_mbg_or_bg(first: int, rival: Any) -> None:
    plain, model = rival.fit(*sample().weeks), cnbd.fit(*sample().weeks, k=1, leaves_at_first=bool(first))
    assert model.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-8)
    assert model.values == pytest.approx(plain.values, rel=1e-6)
    same = KIND[first](plain.values, k=1)
    assert same.p_alive(*sample().weeks) == pytest.approx(plain.p_alive(*sample().weeks), rel=1e-12)
    assert same.expected_purchases(39, *sample().weeks) == pytest.approx(plain.expected_purchases(39, *sample().weeks), rel=1e-10)
    assert same.expected_of_new([0, 10, 78]) == pytest.approx(plain.expected_of_new([0, 10, 78]), rel=1e-10)
    assert same.pmf_of_new(39, 40) == pytest.approx(plain.pmf_of_new(39, 40), rel=1e-9)


@pytest.mark.parametrize(("k", "first"), KINDS)
def test_slopes_and_bends_are_those_of_the_likelihood(k: int, first: int) -> None:
    histories = cells([0, 0, 1, 1, 4, 40], [0, 0, 3, 9, 30, 99.5], [0, 50, 60, 9, 31, 100], [1, 2, 1, 3, 1, 2])
    for at in ((0.9, 12.0, 0.8, 2.5), (3.0, 2.0, 0.05, 0.2)):
        point = np.array(at)
        _, gradient, hessian = erlang.likelihood(histories, point, k, first)
        for i, step in enumerate(np.diag(1e-6 * point)):
            high, low = (erlang.likelihood(histories, point + sign * step, k, first) for sign in (1, -1))
            assert gradient[i] == pytest.approx((high[0] - low[0]) / (2 * step[i]), rel=1e-5, abs=1e-6)
            assert hessian[i] == pytest.approx((high[1] - low[1]) / (2 * step[i]), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(("k", "first"), KINDS)
@pytest.mark.parametrize(("x", "t_x", "age"), [(0, 0.0, 90.0), (1, 20.0, 200.0), (7, 180.0, 200.0), (100, 700.0, 730.0)])
def test_answers_agree_with_the_integral_over_rates_and_leaving(k: int, first: int, x: int, t_x: float, age: float) -> None:
    """The same by brute force: the number of events in t is Poisson given the rate, all in arithmetic of 30 digits."""
    model, span = KIND[first]((0.9, 12.0, 0.8, 2.5), k=k), 60
    with mp.workdps(30):
        r, alpha, a, b = (mp.mpf(v) for v in model.values)
        rate, since, stay = r + k * x, mp.mpf(age) - mp.mpf(t_x), b + x + first
        here = [since**j / mp.factorial(j) * mp.gamma(rate + j) / (alpha + age) ** (rate + j) * mp.beta(a, stay) for j in range(k)]
        gone = mp.gamma(rate) / (alpha + t_x) ** rate * mp.beta(a + 1, stay - 1) if x or first else mp.mpf(0)
        alive = sum(here) / (sum(here) + gone)
        buys = mp.mpf(0)
        for j in range(k):
            shape, z = rate + j, span / (alpha + age + span)
            pmf, events, until = (1 - z) ** shape, mp.mpf(0), 4_000
            for m in range(until):  # (1 − (1 − p)^n) / p purchases are expected of m events, n = (j + m) // k
                n = (j + m) // k
                events += pmf * sum_of_stays(a, stay, n)
                pmf *= z * (shape + m) / (m + 1)
                if m > 50 and pmf < mp.mpf(10) ** -25:
                    break
            buys += here[j] / (sum(here) + gone) * events
    assert model.p_alive([x], [t_x], [age])[0] == pytest.approx(float(alive), rel=1e-11)
    assert model.expected_purchases(span, [x], [t_x], [age])[0] == pytest.approx(float(buys), rel=1e-10)


def sum_of_stays(a: Any, stay: Any, n: int, known: dict[tuple[Any, Any], list[Any]] = {}) -> Any:  # noqa: B006  # kept between calls
    """Expected (1 − p)^0 + … + (1 − p)^(n − 1)."""
    sums = known.setdefault((a, stay), [mp.mpf(0), mp.mpf(1)])
    while len(sums) <= n:
        i = len(sums) - 1
        last = sums[-1] - sums[-2]
        sums.append(sums[-1] + last * (stay + i - 1) / (a + stay + i - 1))
    return sums[n]


@pytest.mark.parametrize(("k", "first"), [(2, 1), (3, 0), (4, 1)])
def test_what_is_expected_is_what_happens(k: int, first: int) -> None:
    model = KIND[first]((0.9, 12.0, 0.8, 2.5), k=k)
    many = 60_000
    x, t_x = model.simulate(np.full(many, 200.0), seed=7)
    later, _ = model.simulate(np.full(many, 290.0), seed=8)
    assert x.mean() == pytest.approx(model.expected_of_new([200])[0], rel=0.02)
    assert model.expected_purchases(90, x, t_x, np.full(many, 200.0)).sum() == pytest.approx(later.sum() - x.sum(), rel=0.05)
    shares = np.bincount(np.minimum(x, 5), minlength=6)[:5] / many
    assert model.pmf_of_new(200, 4) == pytest.approx(shares, abs=4 * np.sqrt(0.25 / many))
    assert model.pmf_of_new(200, 900).sum() == pytest.approx(1, abs=1e-9)


def test_purchases_after_are_as_many_as_expected_of_those_with_a_like_past() -> None:
    ends, many = 120.0, 150_000
    rng = np.random.default_rng(5)
    rate, leaves = rng.gamma(0.9, 1 / 12.0, many), rng.beta(0.8, 2.5, many)
    at, x, t_x, later = np.zeros(many), np.zeros(many, dtype=np.int64), np.zeros(many), np.zeros(many, dtype=np.int64)
    rows = np.flatnonzero(rng.random(many) >= leaves)
    here = np.zeros(many, dtype=bool)
    here[rows] = True
    while len(rows):
        at[rows] += rng.gamma(3, 1.0, len(rows)) / rate[rows]
        rows = rows[at[rows] <= ends + 60]
        early = rows[at[rows] <= ends]
        x[early] += 1
        t_x[early] = at[early]
        later[rows] += at[rows] > ends
        left = rng.random(len(rows)) < leaves[rows]
        here[early[np.isin(early, rows[left])]] = False
        rows = rows[~left]
    age = np.full(many, ends)
    alive, buys = CLOCKWORK.p_alive(x, t_x, age), CLOCKWORK.expected_purchases(60, x, t_x, age)
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        group = (alive > low) & (alive <= high)
        assert here[group].mean() == pytest.approx(alive[group].mean(), abs=0.02)
        assert later[group].mean() == pytest.approx(buys[group].mean(), rel=0.05, abs=0.005)


def test_regularity_is_told_from_the_gaps() -> None:
    age = np.random.default_rng(1).uniform(100, 500, 4_000)
    for k in (1, 3):
        truth = MBGCNBD((0.9, 12.0, 0.8, 2.5), k=k)
        x, t_x, logs = truth.simulate_gaps(age, seed=3)
        model = cnbd.most_likely(x, t_x, age, logs)
        assert model.k == k
        assert model.standard_errors is not None
        assert (np.abs(np.subtract(model.values, truth.values)) < 4 * np.array(list(model.standard_errors.values()))).all()


def test_who_is_late_is_sooner_gone_the_more_regular_purchases_are() -> None:
    late = ([6], [60.0], [110.0])
    alive = [MBGCNBD((1.0, 9.0 / k, 0.8, 2.5), k=k).p_alive(*late)[0] for k in range(1, 7)]
    assert (np.diff(alive) < 0).all()


def test_likelihoods_that_cannot_be_compared_are_not_told() -> None:
    age = np.full(500, 300.0)
    x, t_x, logs = CLOCKWORK.simulate_gaps(age, seed=3)
    without, with_gaps = cnbd.fit(x, t_x, age, k=2), cnbd.fit(x, t_x, age, k=2, sum_log_gaps=logs)
    assert np.isnan(without.log_likelihood)
    assert np.isfinite(with_gaps.log_likelihood)
    assert without.values == with_gaps.values


def test_other_units_and_orders_of_rows_are_the_same_model() -> None:
    age = np.random.default_rng(1).uniform(100, 500, 800)
    x, t_x, logs = CLOCKWORK.simulate_gaps(age, seed=3)
    days, order = cnbd.fit(x, t_x, age, k=3, sum_log_gaps=logs), np.random.default_rng(1).permutation(800)
    assert cnbd.fit(x[order], t_x[order], age[order], k=3, sum_log_gaps=logs[order]) == days
    weeks = cnbd.fit(x, t_x / 7, age / 7, k=3, sum_log_gaps=logs - x * np.log(7))
    assert weeks.values == pytest.approx((days.r, days.alpha / 7, days.a, days.b), rel=1e-6)
    assert weeks.log_likelihood == pytest.approx(days.log_likelihood + x.sum() * np.log(7), abs=1e-6)


def test_customers_who_buy_very_often_get_an_answer() -> None:
    model = MBGCNBD((0.9, 12.0, 0.8, 2.5), k=4)
    x, t_x, age = [3000, 3000, 0, 0, 1], [10, 730, 0, 0, 1], [730, 730, 0, 5000, 5000]
    assert model.p_alive(x, t_x, age)[0] == 0
    found = model.expected_purchases(365, x, t_x, age)
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    assert 0.5 * 1500 < found[1] < 1500  # half of 3,000 in half the time, but some will leave


@pytest.mark.parametrize(("words", "named"), [
    ({"k": 0}, "k: found '0', expected a whole number from 1 to 6"), ({"k": 7}, "k: found '7'"),
    ({"k": 2, "sum_log_gaps": [0, 9, 0]}, "sum_log_gaps, row 1"), ({"k": 2, "sum_log_gaps": [1, 0, 0]}, "sum_log_gaps, row 0"),
    ({"k": 2, "sum_log_gaps": [0, 0]}, "the same number of rows"),
])  # fmt: skip
def test_what_cannot_be_is_refused(words: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        cnbd.fit([0, 1, 2], [0, 5, 9], [10, 10, 10], **words)


def test_nobody_who_came_back_is_an_error_without_a_prior_and_an_answer_with_one() -> None:
    age = [30.0, 60.0, 90.0]
    with pytest.raises(InputError, match="Nobody bought again"):
        cnbd.fit([0] * 3, [0] * 3, age, k=2)
    model = cnbd.fit([0] * 3, [0] * 3, age, k=2, prior=cnbd.weak_prior(age, 2))
    assert 0 < model.expected_purchases(90, [0], [0], [90])[0] < 1


@settings(deadline=None, max_examples=60)
@given(
    parameters=st.tuples(*[st.floats(-2, 4).map(lambda v: float(np.exp(v)))] * 4), k=st.integers(1, 6), first=st.integers(0, 1),
    x=st.integers(1, 300), age=st.floats(1, 1e4), t=st.floats(0, 500),
)  # fmt: skip
def test_no_answer_is_out_of_its_bounds_and_later_buyers_are_likelier_alive(  # noqa: PLR0917
    parameters: tuple[float, ...], k: int, first: int, x: int, age: float, t: float
) -> None:
    model = KIND[first](parameters, k=k)
    last = np.linspace(0.01, 1, 12) * age
    alive = model.p_alive(np.full(12, x), last, np.full(12, age))
    assert ((alive >= 0) & (alive <= 1)).all()
    assert (np.diff(alive) >= -1e-13).all()
    buys = np.array([model.expected_purchases(t * share, [x], [age / 2], [age])[0] for share in (0, 0.5, 1)])
    assert buys[0] == 0
    assert (np.diff(buys) >= -1e-12 * buys.max()).all()
    assert np.isfinite(model.expected_of_new([t])[0])


def test_hundreds_of_thousands_of_purchases_are_summed_as_integrals(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = (1e6, [5], [2.0], [3.0])
    quick = CLOCKWORK.expected_purchases(*ask)[0]
    monkeypatch.setattr(erlang, "_EXACT", 1 << 21)
    assert quick == pytest.approx(CLOCKWORK.expected_purchases(*ask)[0], rel=1e-9)


@pytest.mark.parametrize(("kind", "rival"), [(BGCNBD, BGNBD), (MBGCNBD, MBGNBD)])
def test_chances_and_intervals_without_regularity_are_those_of_bg_or_mbg(kind: Any, rival: Any) -> None:
    model, plain = kind((0.525, 43.3, 0.891, 1.614), k=1), rival((0.525, 43.3, 0.891, 1.614))
    x, t_x, age = HISTORIES
    assert p_order(model, 90.0, x, t_x, age) == pytest.approx(p_order(plain, 90.0, x, t_x, age), rel=1e-10)
    assert p_ever(model, x, t_x, age) == pytest.approx(p_ever(plain, x, t_x, age), rel=1e-10)
    assert model.while_here([30.0, 365.0], x, t_x, age) == pytest.approx(plain.while_here([30.0, 365.0], x, t_x, age), rel=1e-10)
    for one, other in zip(orders_within([model], 365.0, x, t_x, age), orders_within([plain], 365.0, x, t_x, age), strict=True):
        assert one.tolist() == other.tolist()


@pytest.mark.parametrize(("k", "first"), KINDS)
def test_tails_add_up_to_what_is_expected_and_begin_with_the_chance_to_order(k: int, first: int) -> None:
    model = KIND[first]((0.9, 12.0, 0.8, 2.5), k=k)
    x, t_x, age = HISTORIES
    passed = model.passed(x, t_x, age)
    tails = [sum(passed[j] * model.more_while_here(90.0, n, x, age, j) for j in range(k)) for n in range(400)]
    assert np.sum(tails, axis=0) == pytest.approx(model.while_here([90.0], x, t_x, age)[0], rel=1e-6)
    assert tails[0] * model.p_alive(x, t_x, age) == pytest.approx(p_order(model, 90.0, x, t_x, age), rel=1e-10)
    low, high = orders_within([model], 90.0, x, t_x, age, level=0.8)
    more = np.array(tails) * model.p_alive(x, t_x, age)
    assert (low == (more > 0.9).sum(axis=0)).all()
    assert (high == (more > 0.1).sum(axis=0)).all()


def test_many_answers_read_from_a_polynomial_are_those_of_one_at_a_time() -> None:
    x, age = np.repeat([0, 3, 40], 300), np.tile(np.arange(100.0, 400.0), 3)
    t_x, times = np.where(x > 0, age / 2, 0.0), [30.0, 90.0, 365.0]
    together = CLOCKWORK.while_here(times, x, t_x, age)
    rows = np.arange(0, 900, 37)
    alone = np.stack([CLOCKWORK.while_here(times, x[r : r + 1], t_x[r : r + 1], age[r : r + 1])[:, 0] for r in rows], axis=1)
    assert together[:, rows] == pytest.approx(alone, rel=1e-11)
