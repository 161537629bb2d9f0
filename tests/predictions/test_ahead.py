"""How many orders may come: tails and intervals, beside the distributions that the papers give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from patron.predictions import exponential
from patron.predictions.again import p_order
from patron.predictions.ahead import _Ahead, orders_within
from patron.predictions.bgnbd import BGNBD
from patron.predictions.mbgnbd import MBGNBD
from patron.predictions.paretonbd import ParetoNBD
from patron.predictions.scoring import Scorer

if TYPE_CHECKING:
    from patron.predictions.scoring import Model

MODELS: tuple[Model, ...] = (
    BGNBD((0.243, 30.9, 0.793, 2.426)), MBGNBD((0.525, 43.3, 0.891, 1.614)), ParetoNBD((0.553, 74.0, 0.606, 81.7)),
)  # fmt: skip
X, T_X, T = np.array([0, 1, 2, 7, 26, 300]), np.array([0.0, 12, 213, 206, 216, 300]), np.array([189.0, 272, 272, 272, 217, 301])


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
@pytest.mark.parametrize("t", [1.0, 90.0, 365.0])
def test_tails_are_those_of_the_distribution(model: Model, t: float) -> None:
    ahead = _Ahead(model, t, X[:5], T[:5])
    rows = np.arange(5)
    for i in rows.tolist():
        if isinstance(model, ParetoNBD):
            pmf = exponential.pmf(np.array([model.r + X[i], model.alpha + T[i], model.s, model.beta + T[i]]), t, 8)
        else:
            assert isinstance(model, BGNBD)
            here = model.p_alive([X[i]], [T_X[i]], [T[i]])[0]
            pmf = model.pmf(t, int(X[i]), T_X[i], T[i], 8) / here
            pmf[0] -= (1 - here) / here
        tails = [float(ahead.more_than(n, rows)[i]) for n in range(9)]
        np.testing.assert_allclose(tails, 1 - np.cumsum(pmf), atol=2e-7)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_more_than_none_is_the_probability_to_order(model: Model) -> None:
    none = _Ahead(model, 90.0, X, T).more_than(0, np.arange(len(X)))
    np.testing.assert_allclose(model.p_alive(X, T_X, T) * none, p_order(model, 90.0, X, T_X, T), rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_sum_of_tails_is_what_is_expected(model: Model) -> None:
    ahead = _Ahead(model, 90.0, X[:5], T[:5])
    total = sum(ahead.more_than(n, np.arange(5)) for n in range(200))
    expected = model.expected_purchases(90.0, X[:5], T_X[:5], T[:5]) / model.p_alive(X[:5], T_X[:5], T[:5])
    np.testing.assert_allclose(total, expected, rtol=1e-6)
    np.testing.assert_allclose(model.while_here([90.0], X[:5], T_X[:5], T[:5])[0], expected, rtol=1e-8)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.name)
def test_an_interval_holds_as_many_as_it_says(model: Model) -> None:
    low, high = orders_within([model], 90.0, X, T_X, T, level=0.8)
    here = model.p_alive(X, T_X, T)
    ahead, rows = _Ahead(model, 90.0, X, T), np.arange(len(X))
    for i in rows.tolist():
        above = [here[i] * ahead.more_than(n, rows)[i] for n in range(int(high[i]) + 1)]
        assert above[int(high[i])] <= 0.1 + 1e-9
        assert not high[i] or above[int(high[i]) - 1] > 0.1
        assert not low[i] or above[int(low[i]) - 1] > 0.9
    assert (low <= high).all()


def test_doubt_about_parameters_widens() -> None:
    sure = MODELS[0]
    doubtful = [BGNBD(tuple(v * f for v in sure.values)) for f in (0.4, 1.0, 2.5)]
    narrow, wide = (orders_within(m, 365.0, X, T_X, T) for m in ([sure], doubtful))
    assert (wide[1] - wide[0]).sum() >= (narrow[1] - narrow[0]).sum()


def test_pieces_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    from patron.predictions import scoring  # noqa: PLC0415
    from patron.predictions.histories import cells  # noqa: PLC0415

    scorer = Scorer(MODELS[0], MODELS[0], MODELS[1])
    whole = scorer.answers(cells(X, T_X, T))
    monkeypatch.setattr(scoring, "PIECE", 2)
    pieces = [scorer.answers(piece) for piece in scoring.pieces(cells(X, T_X, T))]
    assert len(pieces) == 3
    for name, values in whole.items():
        np.testing.assert_allclose(np.concatenate([p[name] for p in pieces]), values, rtol=1e-12)
        assert np.isfinite(values).all()
