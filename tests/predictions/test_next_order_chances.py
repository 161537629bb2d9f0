"""Whether there will be a next order: the probabilities against the models' own distributions, and by the number of orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from patron.kernel.errors import InputError
from patron.predictions import bgnbd, mbgnbd, paretonbd
from patron.predictions.again import p_ever, p_order
from patron.predictions.nth_order import nth_orders
from predictions.cdnow import sample

if TYPE_CHECKING:
    from collections.abc import Callable

HISTORIES = [0, 1, 2, 26, 3], [0.0, 5.0, 20.0, 31.0, 4.0], [30.0, 30.0, 30.0, 31.0, 38.0]
MODELS: dict[str, Callable[..., Any]] = {"bg": bgnbd.fit, "mbg": mbgnbd.fit, "pareto": paretonbd.fit}


@pytest.mark.parametrize("name", ["bg", "mbg"])
def test_some_order_is_the_counterpart_of_none(name: str) -> None:
    model = MODELS[name](*sample().weeks)
    for i, chance in enumerate(p_order(model, 13, *HISTORIES).tolist()):
        none = model.pmf(13, *(h[i] for h in HISTORIES), 2)[0]
        assert chance == pytest.approx(1 - none, abs=1e-9)


def test_some_order_of_a_new_customer_by_pareto_is_the_counterpart_of_none() -> None:
    model = paretonbd.fit(*sample().weeks)
    for t in (0.1, 1.0, 13.0, 52.0, 520.0):
        assert p_order(model, t, [0], [0], [0])[0] == pytest.approx(1 - model.pmf_of_new(t, 1)[0], abs=1e-9)


@pytest.mark.parametrize("name", MODELS)
def test_chances_grow_with_time_up_to_ever_and_are_no_more_than_orders_expected(name: str) -> None:
    model = MODELS[name](*sample().weeks)
    before = np.zeros(5)
    for t in (0.0, 1.0, 10.0, 100.0, 1e4, 1e8):
        now = p_order(model, t, *HISTORIES)
        assert (now >= before).all()
        assert (now <= model.expected_purchases(t, *HISTORIES) + 1e-9).all()
        before = now
    ever = p_ever(model, *HISTORIES)
    assert (before <= ever + 1e-12).all()
    assert (ever <= model.p_alive(*HISTORIES) + 1e-12).all()


def test_who_leaves_only_after_an_order_orders_again_if_still_here() -> None:
    model = mbgnbd.fit(*sample().weeks)
    assert p_ever(model, *HISTORIES) == pytest.approx(model.p_alive(*HISTORIES))


def test_pareto_chances_are_those_of_simulated_customers() -> None:
    model = paretonbd.ParetoNBD((0.55, 10.6, 0.6, 11.7))
    x, _ = model.simulate(np.full(200_000, 20.0), seed=5)
    assert p_order(model, 20, [0], [0], [0])[0] == pytest.approx(np.mean(x > 0), abs=0.004)


def test_the_next_order_by_number() -> None:
    model = mbgnbd.fit(*sample().weeks)
    rows = nth_orders(model, 39, sample().weeks, most=5)
    assert [r.order_count for r in rows] == [1, 2, 3, 4, 5]
    assert rows[0].customers == 2357
    assert rows[0].counted_share == pytest.approx(946 / 2357)
    assert rows[0].waiting == 1411
    for row in rows:
        assert row.counted_share < row.expected_share <= 1
        assert 0 < row.p_within < row.p_ever < 1
    shares = [r.expected_share for r in rows]
    assert shares == sorted(shares)  # each order makes another likelier


def test_expected_to_order_within_the_horizon_is_near_what_happened() -> None:
    x, _, _ = sample().weeks
    rows = nth_orders(mbgnbd.fit(*sample().weeks), 39, sample().weeks)
    for row in rows[:3]:  # the holdout was better than the models of CDNOW say
        assert row.p_within == pytest.approx(np.mean(sample().later[x == row.order_count - 1] > 0), abs=0.17)


def test_weights_are_repetitions() -> None:
    model = bgnbd.fit(*sample().weeks)
    n = np.array([3, 1, 2, 1, 2])
    thrice = tuple(np.repeat(h, n) for h in HISTORIES)
    one, other = nth_orders(model, 13, HISTORIES, n), nth_orders(model, 13, thrice)  # type: ignore[arg-type]
    assert [r.customers for r in one] == [r.customers for r in other]
    assert [r.p_ever for r in one] == pytest.approx([r.p_ever for r in other])


def test_a_negative_horizon_is_refused() -> None:
    with pytest.raises(InputError, match="a span of time of 0 or more"):
        p_order(bgnbd.BGNBD((0.2, 4.0, 0.8, 2.4)), -1, *HISTORIES)
