"""Models fitted to a shop, kept, and asked about every customer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pytest

from features.shops import made
from patron.facts.as_of import PREDICTIONS, Facts
from patron.facts.shop import Shop
from patron.features import plan
from patron.features.catalog import BUILT_IN
from patron.features.partials import histories
from patron.features.partials.orders import GAPS, ORDER_ROWS
from patron.features.settings import PredictionSettings
from patron.kernel.errors import InputError, InvariantError
from patron.kernel.time import Calendar
from patron.predictions import mbgnbd
from patron.predictions.again import p_order
from patron.predictions.choosing.entrants import FEW
from patron.predictions.clv import continuous_rate, discounted_purchases
from patron.predictions.naive import NaiveRate
from patron.runtime import pipeline, predicting
from patron.runtime.models import Models, keep_models, kept_models
from patron.testing.shops import differing_cells, made_up_facts, made_up_shop
from patron.testing.tiny import customer

if TYPE_CHECKING:
    from patron.adapters.engines.duckdb import DuckDBEngine
    from patron.ports.engine import Engine
    from patron.predictions.next_order import NextOrder

ENDS = datetime(2026, 1, 1, tzinfo=UTC)
AS_OF = datetime(2025, 11, 5, 13, 37, 11, tzinfo=UTC)
NAMES = [f.name for f in BUILT_IN.values() if f.family == "predictions"]
SETTINGS = BUILT_IN.settings.predictions
SHOP = Shop(calendar=Calendar("Europe/London"), margin_rate=0.4, delivery_cost=300)


def _silent(done: int, total: int, what: str) -> None:
    del done, total, what


def _known(facts: Facts) -> Facts:
    return replace(facts, known=facts.known | {PREDICTIONS})


def _fit(facts: Facts, model: str = "mbgnbd", settings: PredictionSettings = SETTINGS) -> pipeline.Fit:
    return lambda engine: predicting.fitted(engine, facts, predicting.named(model), settings, now=facts.as_of)


def _rows(engine: Engine, *names: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = engine.query(plan.table(BUILT_IN).select("customer_id", *names).order_by("customer_id")).to_pylist()
    return rows


@cache
def shop() -> tuple[DuckDBEngine, Facts, Models]:
    store = made_up_shop(600, ends_at=ENDS)
    facts = _known(made_up_facts(store, AS_OF))
    found: list[Models] = []

    def fit(engine: Engine) -> Models:
        found.append(_fit(facts)(engine))
        return found[0]

    pipeline.make_features(store, BUILT_IN, facts, progress=_silent, fit=fit)
    keep_models(store, found[0])
    for partial in (ORDER_ROWS, GAPS):  # what models of gaps are fitted to is gone with the refresh
        store.create(partial.table_name, partial.expression(facts))
    return store, facts, found[0]


def test_histories_are_days_of_the_shop_that_count() -> None:
    orders = [
        {"customer_id": "ann", "ordered_at": "2024-01-01T10:00", "net_revenue": 1_000},
        {"customer_id": "ann", "ordered_at": "2024-01-01T23:30", "net_revenue": 500},  # the same day in London
        {"customer_id": "ann", "ordered_at": "2024-06-30T23:30", "net_revenue": 0},  # 1 July in London; nothing paid
        {"customer_id": "bob", "ordered_at": "2024-02-01", "net_revenue": 700},
        {"customer_id": "bob", "ordered_at": "2024-02-11", "net_revenue": 900, "cancelled_at": "2024-02-12"},
        {"customer_id": "cat", "ordered_at": "2024-07-10T09:00", "net_revenue": 100},  # after as of
        {"customer_id": "dan", "ordered_at": "2024-03-01", "net_revenue": 100, "kind": "unpaid"},
    ]
    engine = made({"orders": orders, "customers": [{"customer_id": c} for c in ("ann", "bob", "cat", "dan")]})
    facts = Facts(SHOP, datetime(2024, 7, 9, 23, tzinfo=UTC), frozenset({"orders"}))  # midnight in London: 9 July has ended
    rows = {r["customer_id"]: r for r in engine.query(histories.HISTORIES.expression(facts)).to_pylist()}
    assert rows == {
        customer("ann"): {"customer_id": customer("ann"), "x": 1, "t_x": 182, "age_days": 190, "paid_count": 1, "paid_sum": 1_500},
        customer("bob"): {"customer_id": customer("bob"), "x": 0, "t_x": 0, "age_days": 159, "paid_count": 1, "paid_sum": 700},
    }


def test_predictions_are_what_the_models_say_of_each_history() -> None:
    store, facts, models = shop()
    rows = {r["customer_id"]: r for r in store.query(histories.HISTORIES.table(facts)).to_pylist()}
    told = [r for r in _rows(store, *NAMES, "last_order_at") if r["p_alive"] is not None]
    assert {r["customer_id"] for r in told} == set(rows)
    assert len(told) > 300
    model, spend = models.alive, models.spend
    assert spend is not None
    x, t_x, age, paid, total = (
        np.array([rows[r["customer_id"]][c] for r in told], dtype=float) for c in ("x", "t_x", "age_days", "paid_count", "paid_sum")
    )

    def same(name: str, expected: Any, *, rtol: float = 1e-9, atol: float = 1e-12) -> None:
        np.testing.assert_allclose([r[name] for r in told], expected, rtol=rtol, atol=atol)

    by_hand = mbgnbd.fit(x, t_x, age, prior=None if (x > 0).sum() >= FEW else mbgnbd.weak_prior([age.mean()]))
    np.testing.assert_allclose(model.values, by_hand.values, rtol=1e-7)
    same("p_alive", model.p_alive(x, t_x, age))
    same("p_order_90d", p_order(model, 90.0, x, t_x, age))
    for days in (30, 90, 365):
        same(f"expected_orders_{days}d", model.expected_purchases(float(days), x, t_x, age))
    value = spend.expected_value(paid, np.where(paid > 0, total / np.maximum(paid, 1), 1.0))
    same("expected_order_value", value)
    part = store.query(histories.SHOP.table(facts)).to_pylist()[0]
    assert 0.5 < part["kept_share"] <= 1.0
    assert 0.0 < part["goods_rate"] < 1.0
    same("expected_net_revenue_365d", model.expected_purchases(365.0, x, t_x, age) * value * part["kept_share"], atol=0.51, rtol=0)
    margin = value * part["kept_share"] * part["goods_rate"] - part["delivery_per_order"]
    same("expected_margin_365d", model.expected_purchases(365.0, x, t_x, age) * margin, atol=0.51, rtol=0)
    discounted = discounted_purchases(model, x, t_x, age, rate=continuous_rate(0.1), horizon=365.0)
    same("expected_clv", discounted * margin, atol=0.6, rtol=1e-6)


def test_next_orders_are_those_of_the_model_of_gaps() -> None:
    store, facts, models = shop()
    gaps = {r["customer_id"]: r for r in store.query(GAPS.table(facts)).to_pylist()}
    known = {r["customer_id"]: r for r in store.query(histories.HISTORIES.table(facts)).to_pylist()}
    told = {r["customer_id"]: r for r in store.query(histories.PREDICTIONS.table(facts)).to_pylist()}
    assert models.gaps is not None
    ids = sorted(known)
    n = np.array([gaps[i]["gap_count"] if i in gaps else 0 for i in ids], dtype=float)
    logs, squares = (np.array([gaps[i][c] / 1e6 if i in gaps else 0 for i in ids]) for c in ("log_sum", "log_square_sum"))
    mean = logs / np.maximum(n, 1)
    variance = np.where(n > 1, np.maximum(squares - logs * mean, 0) / np.maximum(n - 1, 1), 0.0)
    since = np.array([max(known[i]["age_days"] - known[i]["t_x"], 0.5) for i in ids], dtype=float)
    few = n <= histories.MOST_DEGREES  # those with more are told as if they had so many degrees of freedom
    found: NextOrder = models.gaps.next_order((n[few], mean[few], variance[few]), since[few], np.ones(int(few.sum())))
    for name, expected in (("next_days", found.after), ("next_days_low", found.low), ("next_days_high", found.high)):
        mine = np.array([told[i][name] for i in ids])[few]
        np.testing.assert_allclose(mine, expected + since[few], rtol=0.03)
    assert all(r["next_days_low"] <= r["next_days"] <= r["next_days_high"] for r in told.values())


def test_intervals_hold_what_is_expected_and_bands_follow_the_chance() -> None:
    store, _, _ = shop()
    for r in _rows(store, *NAMES, "last_order_at", "order_count"):
        if r["p_alive"] is None:
            assert r["order_count"] == 0
            assert all(r[name] is None for name in NAMES)
            continue
        assert 0 <= r["p_alive"] <= 1
        assert 0 <= r["expected_orders_90d_low"] <= r["expected_orders_90d_high"]
        assert r["expected_orders_90d_low"] <= r["expected_orders_90d"] + 1
        assert r["expected_orders_30d"] < r["expected_orders_90d"] < r["expected_orders_365d"]
        ends = [r[f"expected_next_order_{end}"] for end in ("low", "at", "high")]  # unknown where it is more than a lifetime away
        known = [end for end in ends if end is not None]
        assert known == sorted(ends[: len(known)])
        assert all(end >= AS_OF.replace(tzinfo=None) for end in known)
        assert 0 < r["expected_clv"] <= r["expected_margin_365d"] or r["expected_margin_365d"] <= 0
        alive = r["p_alive"]
        band = "active" if alive >= 0.8 else "cooling" if alive >= 0.5 else "lapsing" if alive >= 0.2 else "lapsed"
        assert r["churn_band"] == band


def test_features_change_with_the_day_of_the_shop_and_not_before() -> None:
    store, facts, _ = shop()
    edge = next(r["edge_predictions_at"] for r in _rows(store, "edge_predictions_at", "p_alive") if r["p_alive"] is not None)
    some = ("p_alive", "expected_orders_365d")

    def at(instant: datetime) -> dict[int, tuple[object, ...]]:
        pipeline.features_at(store, BUILT_IN, replace(facts, as_of=instant), into="other", names=some)
        rows = store.query(ibis.table({"customer_id": "int64", **dict.fromkeys(some, "float64")}, name="other")).to_pylist()
        return {r["customer_id"]: tuple(r[n] for n in some) for r in rows}

    before, after = edge.replace(tzinfo=UTC) - timedelta(microseconds=1), edge.replace(tzinfo=UTC)
    quiet = {r["customer_id"] for r in _rows(store, "last_order_at") if r["last_order_at"] is not None}
    now, same, other = at(facts.as_of), at(before), at(after)
    bought = {i for i in quiet if now[i] != same[i]}
    assert len(bought) < len(quiet) / 10  # those only who ordered in between
    assert all(same[i] != other[i] for i in quiet if same[i][0] is not None)


def test_facts_at_or_after_as_of_never_change_a_prediction() -> None:
    whole = made_up_shop(200, ends_at=ENDS)
    cut = made_up_shop(200, ends_at=ENDS)
    for table, at in (("orders", "ordered_at"), ("order_lines", "ordered_at"), ("refunds", "refunded_at"), ("customers", "first_seen_at")):
        cut.execute(f"DELETE FROM {table} WHERE {at} >= TIMESTAMP '2025-11-05 13:37:11'")
    facts = _known(made_up_facts(whole, AS_OF))
    for store in (whole, cut):
        pipeline.make_features(store, BUILT_IN, facts, progress=_silent, fit=_fit(facts))
    names = ["customer_id", *NAMES]
    assert differing_cells(whole.query(plan.table(BUILT_IN).select(names)), cut.query(plan.table(BUILT_IN).select(names))) == {}


def test_kept_models_answer_as_those_that_were_fitted() -> None:
    store, facts, models = shop()
    kept = kept_models(store)
    assert kept is not None
    assert (kept.orders, kept.alive, kept.spend, kept.gaps) == (models.orders, models.alive, models.spend, models.gaps)
    before = store.query(plan.table(BUILT_IN))
    pipeline.features_at(store, BUILT_IN, facts, into="again", names=list(BUILT_IN))
    assert differing_cells(before, store.query(plan.table(BUILT_IN, "again"))) == {}


@pytest.mark.parametrize("name", predicting.NAMES)
def test_each_model_is_kept_and_read_again(name: str) -> None:
    store, facts, _ = shop()
    fitted = _fit(facts, name)(store)
    other = made_up_shop(1, ends_at=ENDS)
    keep_models(other, fitted)
    again = kept_models(other)
    assert again is not None
    assert again == replace(fitted, as_of=again.as_of, fitted_at=again.fitted_at)
    assert again.orders.name == name
    assert again.alive.name in {"mbgnbd", "mbgcnbd", "paretonbd"}  # BG/NBD says of everyone with one order that they are still customers


@pytest.mark.parametrize("name", ["mbgcnbd", "mbgnbd_seasonal"])
def test_what_regular_and_seasonal_models_say_reaches_every_customer(name: str) -> None:
    store = made_up_shop(600, ends_at=ENDS)
    facts = _known(made_up_facts(store, AS_OF))
    models: list[Models] = []

    def fit(engine: Engine) -> Models:
        models.append(_fit(facts, name)(engine))
        return models[0]

    pipeline.make_features(store, BUILT_IN, facts, progress=_silent, fit=fit)
    rows = {r["customer_id"]: r for r in store.query(histories.HISTORIES.table(facts)).to_pylist()}
    told = [r for r in _rows(store, *NAMES) if r["p_alive"] is not None]
    x, t_x, age = (np.array([rows[r["customer_id"]][c] for r in told], dtype=float) for c in ("x", "t_x", "age_days"))
    orders, alive = models[0].orders_on(histories.last_day(facts)), models[0].alive
    for days in (30, 90, 365):
        expected = orders.expected_purchases(float(days), x, t_x, age)
        np.testing.assert_allclose([r[f"expected_orders_{days}d"] for r in told], expected, rtol=1e-9)
    np.testing.assert_allclose([r["p_alive"] for r in told], alive.p_alive(x, t_x, age), rtol=1e-9)
    np.testing.assert_allclose([r["p_order_90d"] for r in told], p_order(models[0].chances, 90.0, x, t_x, age), rtol=1e-9)
    keep_models(store, models[0])
    before = store.query(plan.table(BUILT_IN))
    pipeline.features_at(store, BUILT_IN, facts, into="again", names=list(BUILT_IN))
    assert differing_cells(before, store.query(plan.table(BUILT_IN, "again"))) == {}


def test_a_season_is_not_learned_from_less_than_two_years() -> None:
    engine = made({"orders": [{"customer_id": "ann", "ordered_at": day, "net_revenue": 1_000} for day in ("2025-09-01", "2025-10-01")]})
    facts = Facts(SHOP, AS_OF, frozenset({"orders", PREDICTIONS}))
    with pytest.raises(InputError, match="no season to learn from yet"):
        pipeline.make_features(engine, BUILT_IN, facts, progress=_silent, fit=_fit(facts, "mbgnbd_seasonal"))


def test_a_naive_rate_expects_and_a_model_tells_the_rest() -> None:
    store, facts, _ = shop()
    fitted = _fit(facts, "naive_rate")(store)
    assert isinstance(fitted.orders, NaiveRate)
    assert fitted.chances.name == fitted.alive.name == "mbgnbd"


def test_predictions_without_models_are_a_fault_of_ours() -> None:
    store = made_up_shop(20, ends_at=ENDS)
    with pytest.raises(InvariantError, match="no models are kept"):
        pipeline.make_features(store, BUILT_IN, _known(made_up_facts(store, AS_OF)), progress=_silent)


def test_nothing_is_learned_where_nobody_has_ordered() -> None:
    engine = made({"customers": [{"customer_id": "ann"}]})
    facts = Facts(SHOP, AS_OF, frozenset({"customers", PREDICTIONS}))
    with pytest.raises(InputError, match="no order counts"):
        pipeline.make_features(engine, BUILT_IN, facts, progress=_silent, fit=_fit(facts))


@pytest.mark.parametrize(("names", "prior"), [(["ann"], "few"), (["ann", "bob"], "always")])
def test_a_shop_of_one_order_each_gets_wide_and_sane_answers(names: list[str], prior: Any) -> None:
    orders = [{"customer_id": n, "ordered_at": "2025-10-01", "net_revenue": 1_000} for n in names]
    engine = made({"orders": orders, "customers": [{"customer_id": n, "first_seen_at": "2025-10-01"} for n in names]})
    facts = Facts(SHOP, AS_OF, frozenset({"orders", PREDICTIONS}))
    pipeline.make_features(engine, BUILT_IN, facts, progress=_silent, fit=_fit(facts, settings=PredictionSettings(prior=prior)))
    for r in _rows(engine, *NAMES):
        assert 0.05 < r["p_alive"] < 0.95
        assert 0 < r["expected_orders_90d"] < 3
        assert r["expected_order_value"] == pytest.approx(1_000, rel=0.3)
        assert r["expected_next_order_at"] is None  # nobody has come back: there is no gap to learn from


def test_nobody_who_came_back_and_no_belief_is_told_so() -> None:
    engine = made({"orders": [{"customer_id": "ann", "ordered_at": "2025-10-01", "net_revenue": 1_000}]})
    facts = Facts(SHOP, AS_OF, frozenset({"orders", PREDICTIONS}))
    with pytest.raises(InputError, match="Nobody bought again"):
        pipeline.make_features(engine, BUILT_IN, facts, progress=_silent, fit=_fit(facts, settings=PredictionSettings(prior="never")))


def test_an_unknown_model_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'mbgnbd'"):
        predicting.named("mbgndb")
