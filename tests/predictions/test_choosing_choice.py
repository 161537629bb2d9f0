"""The choice on made-up shops, whose truth is known, and on CDNOW."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from patron.kernel.errors import InputError
from patron.predictions import bgnbd, paretonbd
from patron.predictions.choosing import STANDARD, Choice, Entrant, Forecast, Origin, choose, origin_of_orders, with_care
from patron.predictions.choosing.origins import Known, known
from patron.predictions.model import NO_SIGNAL
from predictions.shops import Shop, cdnow, made_up

if TYPE_CHECKING:
    from patron.predictions.choosing.results import Card

AT = [200.0, 290.0, 380.0]


@cache
def shop() -> Shop:
    return made_up(1_500, seed=11)


@cache
def choice() -> Choice:
    """Of a shop that many leave."""
    return choose(shop().origins(AT, 90), 90, replicates=60)


@cache
def of_cdnow() -> Choice:
    return choose(cdnow().origins([180.0, 270.0, 360.0], 90), 90, replicates=60)


def card(of: Choice, model: str, origin: str, about: str = "orders") -> Card:
    return next(c for c in of.cards if (c.model, c.origin, c.about) == (model, origin, about))


def test_where_many_leave_a_model_that_knows_of_leaving_is_chosen() -> None:
    found = choice()
    assert found.verdict == "chosen"
    assert found.chosen in {"bgnbd", "mbgnbd", "paretonbd"}
    assert found.alive in {"mbgnbd", "paretonbd"}
    assert found.doubt == ""
    scores = {s.model: s.score.value or 0.0 for s in found.standings}
    assert scores[found.chosen] < scores["naive_rate"] < scores["zero"]
    assert "is better than the naive rate" in found.why


def test_where_nobody_leaves_there_is_no_churn_signal() -> None:
    stays = made_up(1_500, seed=12, stays=np.inf)
    found = choose(stays.origins(AT, 90), 90, replicates=60)
    assert found.chosen in {"naive_rate", "bgnbd"}
    doubts = {s.model: s.doubt for s in found.standings}
    assert doubts["bgnbd"] == NO_SIGNAL


def test_every_entrant_has_a_card_of_orders_and_of_revenue_at_every_origin() -> None:
    found = choice()
    assert len(found.cards) == 2 * 3 * len(STANDARD)
    for of in found.cards:
        for band in of.measures.values():
            if band.value is not None and band.low is not None and band.high is not None:
                assert band.low <= band.high
    ratio = card(found, "mbgnbd", "day 200").measures["sum_ratio"]
    assert ratio.low is not None
    assert ratio.value is not None
    assert ratio.high is not None
    assert ratio.low < ratio.value < ratio.high


def test_zero_expects_nothing() -> None:
    of = card(choice(), "zero", "day 200").measures
    assert of["sum_ratio"].value == 0.0
    assert of["spearman"].value == 0.0


def test_segments_by_orders_add_up_to_all() -> None:
    found = choice()
    parts = [s for s in found.segments if s.model == "mbgnbd" and s.segment in {"one order", "two or three orders", "four orders or more"}]
    assert sum(s.customers for s in parts) == sum(p.customers for p in found.pasts)
    assert sum(s.actual for s in parts) == sum(p.orders for p in found.pasts)
    top = next(s for s in found.segments if s.segment == "top 1 % by spend")
    assert top.customers == pytest.approx(0.01 * sum(p.customers for p in found.pasts), abs=6)


def test_chances_and_intervals_are_judged() -> None:
    found = choice()
    odds = {o.model: o.reliability for o in found.odds}
    assert odds["mbgnbd"].brier < odds["naive_rate"].brier < odds["zero"].brier
    covered = {(c.model, c.level): c.coverage.inside for c in found.covered}
    assert set(covered) == {(name, level) for name in ("bgnbd", "mbgnbd", "paretonbd") for level in (0.8, 0.95)}
    for (_, level), share in covered.items():
        assert level - 0.03 < share < 1  # counts are whole, so intervals hold rather more than they say


def test_a_choice_is_kept_as_json() -> None:
    assert Choice.from_json(json.loads(json.dumps(choice().as_json()))) == choice()


def test_cdnow_is_foreseen_better_by_a_model_than_by_the_naive_rate() -> None:
    found = of_cdnow()
    assert found.chosen in {"bgnbd", "mbgnbd", "paretonbd"}
    assert [p.customers for p in found.pasts] == [2357, 2357, 2357]


def test_the_same_seed_gives_the_same_choice_and_another_the_same_values() -> None:
    origins = cdnow().origins([180.0, 270.0, 360.0], 90)
    assert choose(origins, 90, replicates=60) == of_cdnow()
    other = choose(origins, 90, replicates=60, seed=1)
    assert [s.score.value for s in other.standings] == [s.score.value for s in of_cdnow().standings]
    assert [s.score.low for s in other.standings] != [s.score.low for s in of_cdnow().standings]


@pytest.mark.parametrize("numbered", [True, False])
def test_row_order_is_irrelevant(numbered: bool) -> None:  # noqa: FBT001
    origins = [o if numbered else replace(o, customers=None) for o in shop().origins(AT, 90)]
    shuffled = []
    for o in origins:
        rows = np.random.default_rng(0).permutation(len(np.asarray(o.x)))
        columns = ("x", "t_x", "T", "orders", "order_value", "revenue", "spend", "log_gaps") + (("customers",) if numbered else ())
        moved: dict[str, Any] = {name: np.asarray(getattr(o, name))[rows] for name in columns}
        shuffled.append(replace(o, **moved))
    assert choose(shuffled, 90, replicates=10) == choose(origins, 90, replicates=10)


def test_rows_with_weights_are_so_many_customers() -> None:
    origins = shop().origins(AT, 90, with_values=False)
    plain = [Origin(o.name, o.x, o.t_x, o.T, o.orders) for o in origins]
    grouped = []
    for o in plain:
        rows, n = np.unique(np.stack([np.asarray(c, dtype=np.float64) for c in (o.x, o.t_x, o.T, o.orders)]), axis=1, return_counts=True)
        x, t_x, age, orders = rows
        grouped.append(Origin(o.name, x, t_x, age, orders, weights=n))
    assert choose(grouped, 90, replicates=10) == choose(plain, 90, replicates=10)


def test_drawing_from_a_sample_changes_no_value_and_widens_no_band() -> None:
    origins = shop().origins(AT, 90)
    some = choose(origins, 90, replicates=100, most=400)
    whole = choose(origins, 90, replicates=100)
    for one, other in zip(some.standings, whole.standings, strict=True):
        assert one.score.value == other.score.value
    widths = [[(b.high or 0) - (b.low or 0) for b in (card(c, "mbgnbd", "day 290").measures["sum_ratio"],)] for c in (some, whole)]
    assert widths[0][0] == pytest.approx(widths[1][0], rel=0.5)


def test_bands_are_about_as_wide_as_a_mean_says() -> None:
    origins = shop().origins(AT, 90)
    found = choose(origins, 90, replicates=400, entrants=STANDARD[:5])
    at = known(origins[0], 90)
    model, _ = with_care(bgnbd, at.x, at.t_x, at.T)
    misses = np.abs(model.expected_purchases(90, at.x, at.t_x, at.T) - at.orders)
    band = card(found, "bgnbd", "day 200").measures["mean_absolute_error"]
    assert band.low is not None
    assert band.high is not None
    assert band.high - band.low == pytest.approx(2 * 1.645 * misses.std() / np.sqrt(len(at)), rel=0.15)


def test_two_that_say_the_same_are_a_tie() -> None:
    twin = replace(STANDARD[4], name="twin", title="the twin")
    found = choose(shop().origins(AT, 90), 90, replicates=20, entrants=(*STANDARD[:5], twin))
    assert next(c for c in found.contests if c.challenger == "twin").outcome == "tie"


def test_an_entrant_that_knows_the_future_is_chosen() -> None:
    def oracle(at: Known, _: float) -> Forecast:
        return Forecast(at.orders.copy())

    found = choose(shop().origins(AT, 90), 90, replicates=20, entrants=(*STANDARD, Entrant("oracle", "the oracle", oracle)))
    assert found.chosen == "oracle"
    assert found.model in {"bgnbd", "mbgnbd", "paretonbd"}
    assert found.why.startswith("The oracle is taken")


def test_too_few_orders_is_an_answer() -> None:
    few = made_up(12, seed=3)
    found = choose(few.origins(AT, 90), 90, replicates=20)
    assert (found.verdict, found.chosen) == ("too few", "mbgnbd")
    assert found.why.startswith("Too few: after day ")
    assert "MBG/NBD, with what is usual of shops, is taken until there is more to go by." in found.why


def test_too_few_days_of_the_past_is_an_answer() -> None:
    found = choose(shop().origins(AT[:2], 90), 90, replicates=5)
    assert (found.verdict, found.chosen) == ("too few", "mbgnbd")
    assert "2 of at least 3 days" in found.why
    assert len(found.cards) == 2 * 2 * len(STANDARD)


def test_no_past_is_an_answer() -> None:
    found = choose([], 90)
    assert (found.verdict, found.chosen, found.model, found.alive) == ("too few", "mbgnbd", "mbgnbd", "mbgnbd")
    assert Choice.from_json(json.loads(json.dumps(found.as_json()))) == found


def test_a_shop_where_nobody_ever_came_back_has_an_answer() -> None:
    age = np.arange(1.0, 41.0)
    origins = [Origin(f"day {i}", np.zeros(40), np.zeros(40), age + i, np.zeros(40)) for i in range(3)]
    found = choose(origins, 90, replicates=5)
    assert found.verdict == "too few"
    assert "nobody came back" in found.doubt
    json.dumps(found.as_json(), allow_nan=False)


def test_a_model_of_few_customers_leans_on_what_is_usual() -> None:
    x, t_x, age = [0, 1, 0, 2], [0.0, 10.0, 0.0, 40.0], [50.0, 60.0, 20.0, 90.0]
    for kind in (bgnbd, paretonbd):
        model, _ = with_care(kind, x, t_x, age)
        assert all(1e-3 < v < 1e4 for v in model.values)


def test_of_enough_customers_the_data_alone_speak() -> None:
    many = made_up(4_000, seed=21).origins([380.0], 90)[0]
    model, doubt = with_care(bgnbd, many.x, many.t_x, many.T)
    assert doubt == ""
    assert model == bgnbd.fit(many.x, many.t_x, many.T)


def test_an_origin_counts_what_was_known_and_what_happened_after() -> None:
    #         customer 5: days 0, 10, 10, 30, 40 and 95; customer 7: day 20; customer 9: day 31
    found = origin_of_orders([5, 7, 5, 5, 5, 9, 5, 5], [0, 20, 10, 10, 30, 31, 40, 95], 30, 60, [1, 7, 2, 3, 4, 9, 5, 6])
    assert np.asarray(found.x).tolist() == [2, 0]
    assert np.asarray(found.t_x).tolist() == [30, 0]
    assert np.asarray(found.T).tolist() == [30, 10]
    assert np.asarray(found.orders).tolist() == [1, 0]
    assert np.asarray(found.revenue).tolist() == [5, 0]
    assert np.asarray(found.spend).tolist() == [10, 7]
    assert (np.asarray(found.order_value) > 0).all()


@pytest.mark.parametrize(
    ("origin", "problem"),
    [
        (Origin("a", [1], [0], [5], [1]), "more than 0, for there is a repeat purchase"),
        (Origin("a", [1], [2], [5], [1.5]), "orders, row 0: found '1.5', expected a whole number, 0 or more"),
        (Origin("a", [1], [2], [5], [1, 2]), "the same number of rows in each"),
        (Origin("a", [1], [2], [5], [1], revenue=[3]), "expected both or neither"),
    ],
)
def test_origins_that_make_no_sense_are_refused(origin: Origin, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        choose([origin], 90)


def test_origins_of_one_name_are_refused() -> None:
    origin = Origin("a", [1], [2], [5], [1])
    with pytest.raises(InputError, match="origins of different names"):
        choose([origin, origin], 90)


def test_before_the_first_order_there_is_no_origin() -> None:
    with pytest.raises(InputError, match="Nobody had ordered by then"):
        origin_of_orders([1], [10], 5, 90)
