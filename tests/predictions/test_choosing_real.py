"""The choice on real shops. Nothing is tuned to them: the tests hold what any sound choice would say."""

from __future__ import annotations

from functools import cache

import pytest

from patron.predictions.choosing import Choice, choose
from patron.predictions.model import NO_SIGNAL
from predictions import shops

AT = {
    "cdnow": (shops.cdnow, [180.0, 270.0, 360.0, 450.0]),
    "online_retail": (shops.online_retail, [103.0, 193.0, 283.0]),
    "complete_journey": (shops.complete_journey, [94.0, 184.0, 274.0]),
}
pytestmark = pytest.mark.slow


@cache
def choice(name: str) -> Choice:
    shop, at = AT[name]
    return choose(shop().origins(at, 90), 90, replicates=100)


def score(of: Choice, model: str) -> float:
    return next(s.score.value for s in of.standings if s.model == model) or 0.0


@pytest.mark.parametrize("name", ["cdnow", "online_retail"])
def test_where_customers_come_and_go_a_model_is_better_than_what_needs_none(name: str) -> None:
    found = choice(name)
    assert found.chosen in {"bgnbd", "mbgnbd", "paretonbd"}
    assert score(found, found.chosen) < 0.85 * min(score(found, n) for n in ("zero", "recency_rule", "naive_rate"))


def test_where_everybody_comes_every_week_the_naive_rate_is_enough() -> None:
    found = choice("complete_journey")
    assert found.chosen == "naive_rate"
    assert all(c.outcome == "tie" for c in found.contests if c.incumbent == "naive_rate")


def test_nine_months_of_a_shop_that_grows_show_nobody_leaving() -> None:
    assert choice("online_retail").doubt == NO_SIGNAL


@pytest.mark.parametrize("name", AT)
def test_chances_of_models_say_more_than_the_share_of_all(name: str) -> None:
    for odds in choice(name).odds:
        if odds.model in {"bgnbd", "mbgnbd", "paretonbd"}:
            assert odds.reliability.brier < 0.95 * odds.reliability.brier_of_base


@pytest.mark.parametrize("name", AT)
def test_intervals_hold_about_what_they_say(name: str) -> None:
    for covered in choice(name).covered:  # counts are whole, so where orders are few intervals hold more
        assert covered.level - 0.06 < covered.coverage.inside < 0.99
