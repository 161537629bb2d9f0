"""The challenger by boosted trees: it takes part under the rule of all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from patron.kernel.errors import InputError
from patron.predictions.choosing import STANDARD, Origin, choose
from patron.predictions.choosing.origins import known
from predictions.shops import made_up

boosting = pytest.importorskip("patron.predictions.boosting", exc_type=ImportError)

AT, HORIZON = [200.0, 290.0, 380.0], 90.0


def pasts(origins: list[Origin], earlier: list[Origin]) -> dict[str, Origin]:
    return {origin.name: before for origin, before in zip(origins, earlier, strict=True)}


def test_where_a_purchase_model_is_true_trees_do_not_take_its_place() -> None:
    shop = made_up(2_000, seed=31)
    origins, earlier = shop.origins(AT, HORIZON), shop.origins([at - HORIZON for at in AT], HORIZON)
    found = choose(origins, HORIZON, entrants=(*STANDARD, boosting.challenger(pasts(origins, earlier), is_candidate=True)), replicates=60)
    assert found.chosen != "boosting"
    score = {s.model: s.score.value or 0.0 for s in found.standings}
    assert score["boosting"] < score["naive_rate"]


def test_where_customers_do_what_no_purchase_model_knows_trees_win() -> None:
    origins, earlier = ([twice_a_year(seed + 10 * i) for i in range(3)] for seed in (0, 1))
    named = [replace(o, name=f"day {i}") for i, o in enumerate(origins)]
    found = choose(named, HORIZON, entrants=(*STANDARD, boosting.challenger(pasts(named, earlier), is_candidate=True)), replicates=60)
    assert found.chosen == "boosting"
    assert found.model in {"bgnbd", "mbgnbd", "paretonbd"}


def twice_a_year(seed: int) -> Origin:
    """Customers who order on every 180th day after the first order, or never again, whatever the first was worth."""
    rng = np.random.default_rng(seed)
    age = np.floor(rng.uniform(1, 700, 3_000))
    comes = rng.random(3_000) < 0.6
    x = np.where(comes, age // 180, 0)
    later = np.where(comes, (age + HORIZON) // 180 - age // 180, 0)
    return Origin("a", x, 180 * x, age, later)


def test_the_same_rows_give_the_same_answer_in_any_order() -> None:
    past = twice_a_year(1)
    rows = np.random.default_rng(0).permutation(3_000)
    x, t_x, age, orders = (np.asarray(c)[rows] for c in (past.x, past.t_x, past.T, past.orders))
    other = Origin("a", x, t_x, age, orders)
    at = known(twice_a_year(2), HORIZON)
    one = boosting.fit(past, HORIZON).expected(at)
    assert one.tolist() == boosting.fit(other, HORIZON).expected(at).tolist()
    assert (one >= 0).all()


def test_trees_that_learned_from_order_values_ask_for_them() -> None:
    past = twice_a_year(1)
    valued = replace(past, order_value=np.ones(3_000), revenue=np.ones(3_000))
    with pytest.raises(InputError, match="expected order values, as for learning"):
        boosting.fit(valued, HORIZON).expected(known(past, HORIZON))
