"""Predicting as a user does it: `patron predict`, `patron backtest`, and all that has predictions then."""

from __future__ import annotations

import csv
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from patron.app.actions.init import init
from patron.cli.main import run
from patron.testing.sample_shop import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

CONDITION = 'churn_band == "active" and expected_orders_90d >= 0.8'


@pytest.fixture(scope="module")
def unpredicted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("projects") / "teas"
    init(folder, name="Teas", currency="EUR", time_zone="Europe/Berlin", country="DE")
    with (folder / "patron.toml").open("a", encoding="utf-8") as file:
        file.write("margin_rate = 0.4\n")
    text = (FOLDER / "order_lines.csv").read_text(encoding="utf-8")
    (folder / "lines.csv").write_text(text, encoding="utf-8")
    assert run(["--project", str(folder), "load", "lines", str(folder / "lines.csv")]) == 0
    assert run(["--project", str(folder), "refresh", "--as-of", "2024-05-01"]) == 0
    return folder


@pytest.fixture(scope="module")
def shop(unpredicted: Path) -> Path:
    _waits(unpredicted)
    assert run(["--project", str(unpredicted), "predict", "--as-of", "2024-07-01"]) == 0
    return unpredicted


def _waits(folder: Path) -> None:
    assert run(["--project", str(folder), "preview", CONDITION]) == 2


def _json(shop: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    assert run(["--project", str(shop), *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_condition_waits_for_predictions_and_says_what_to_do(tmp_path: Path, tea: Path, capsys: pytest.CaptureFixture[str]) -> None:
    del tmp_path
    assert run(["--project", str(tea), "preview", CONDITION]) == 2
    assert "waiting for predictions: run `patron predict`" in capsys.readouterr().err
    assert run(["--project", str(tea), "explain", "101", "p_alive"]) == 0
    assert "patron predict" in capsys.readouterr().out


def test_preview_membership_and_export_agree(shop: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    previewed = _json(shop, capsys, "preview", CONDITION)["members"]
    assert 0 < previewed < 38
    (shop / "segments" / "soon.toml").write_text(f"name = 'Soon'\nwhere = '{CONDITION}'\n", encoding="utf-8")
    try:
        assert run(["--project", str(shop), "refresh", "--as-of", "2024-07-01"]) == 0
        assert _json(shop, capsys, "segment", "soon")["total"] == previewed
        assert run(["--project", str(shop), "export", "features", "-o", str(tmp_path / "f.csv")]) == 0
        rows = list(csv.DictReader((tmp_path / "f.csv").read_text(encoding="utf-8").splitlines()))
        met = [r for r in rows if r["churn_band"] == "active" and float(r["expected_orders_90d"]) >= 0.8]
        assert len(met) == previewed
        assert _json(shop, capsys, "explain", "101", "soon")["is_member"] == any(r["customer_number"] == "101" for r in met)
    finally:
        (shop / "segments" / "soon.toml").unlink()


def test_refresh_answers_anew_with_the_kept_models(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def asked(as_of: str) -> Any:
        assert run(["--project", str(shop), "refresh", "--as-of", as_of]) == 0
        return _json(shop, capsys, "explain", "101", "p_alive")

    now, later, again = asked("2024-07-01"), asked("2024-10-01"), asked("2024-07-01")
    assert now == again
    assert later["value"] < now["value"]
    assert later["prediction"]["models"] == now["prediction"]["models"]
    assert later["prediction"]["history"]["age_days"] == now["prediction"]["history"]["age_days"] + 92


def test_an_explanation_unfolds_to_history_model_and_back_test(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = _json(shop, capsys, "explain", "101", "expected_orders_90d")
    steps = found["prediction"]["steps"]
    assert found["value"] == pytest.approx(steps["p_alive"] * steps["orders_if_still_a_customer"])
    assert found["prediction"]["history"]["x"] == 19
    assert {m["answers"] for m in found["prediction"]["models"]} == {"orders", "chances", "alive", "spend", "gaps"}
    assert run(["--project", str(shop), "explain", "101", "expected_clv"]) == 0
    told = capsys.readouterr().out
    for words in ("(x = 19, t_x = 855, T = 865)", "to be still a customer", "An order is worth", "is margin", "±", "Back-test"):
        assert words in told


def test_margin_is_a_share_of_revenue_where_costs_are_unknown(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    columns = "expected_net_revenue_365d,expected_margin_365d,expected_clv"
    for customer in ("101", "102"):
        values = {c: _json(shop, capsys, "explain", customer, c)["value"]["amount"] for c in columns.split(",")}
        revenue, margin, clv = (float(v) for v in values.values())
        assert margin == pytest.approx(0.4 * revenue, abs=0.02)
        assert margin / 1.1 < clv < margin


def test_back_test_shows_every_model_the_choice_and_for_whom(shop: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = _json(shop, capsys, "backtest", "--as-of", "2024-07-01", "--horizon", "60", "-o", str(tmp_path / "page.md"))
    assert [p["name"] for p in found["pasts"]] == ["2024-01-03", "2024-03-03", "2024-05-02"]
    assert {"zero", "naive_rate", "bgnbd", "mbgnbd", "paretonbd"} <= {s["model"] for s in found["standings"]}
    assert found["why"]
    assert found["chosen"] in {s["model"] for s in found["standings"]}
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    for heading in ("# Back-test of Teas", "## The choice", "## The models", "## For whom", "## Tenths", "## Chances"):
        assert heading in page
    assert run(["--project", str(shop), "backtest", "--as-of", "2024-07-01", "--origins", "1"]) == 0
    assert "Too few" in capsys.readouterr().out


def test_who_took_no_part_is_told_with_the_reason(shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ("backtest", "--as-of", "2024-07-01", "--horizon", "60")
    found = _json(shop, capsys, *asked)
    assert any(a["title"] == "boosted trees" and "nobody asked for them" in a["why"] for a in found["absent"])
    assert any("CNBD" in a["title"] for a in found["absent"]) != any(s["model"] == "mbgcnbd" for s in found["standings"])
    assert "mbgnbd_seasonal" in {s["model"] for s in found["standings"]}  # the tea shop had two whole years of orders by then
    monkeypatch.setitem(sys.modules, "patron.predictions.boosting", None)
    assert run(["--project", str(shop), *asked, "--boosting"]) == 0
    assert "Boosted trees took no part: LightGBM is not installed" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("verb", ["predict", "backtest"])
def test_empty_projects_and_early_days_are_answered_by_a_sentence(
    verb: str, shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init(tmp_path / "new")
    assert run(["--project", str(tmp_path / "new"), verb]) == 2
    assert "patron load" in capsys.readouterr().err
    assert run(["--project", str(shop), verb, "--as-of", "1999-01-01"]) == 2
    assert "no order counts" in capsys.readouterr().err


def test_a_prediction_that_fails_changes_nothing(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = _json(shop, capsys, "explain", "101", "p_alive")
    assert run(["--project", str(shop), "predict", "--model", "mbgndb"]) == 2
    assert "did you mean 'mbgnbd'" in capsys.readouterr().err
    assert run(["--project", str(shop), "predict", "--model", "mbgnbd", "--as-of", "1999-01-01"]) == 2
    assert _json(shop, capsys, "explain", "101", "p_alive") == before


def test_doctor_finds_the_same_predictions_again(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checks = {c["name"]: c["is_sound"] for c in _json(shop, capsys, "doctor", "--recompute")["checks"]}
    assert checks["a full recomputation gives the same answers"]


def test_a_named_model_is_kept_until_the_next(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        found = _json(shop, capsys, "predict", "--model", "bgnbd", "--as-of", "2024-07-01")
        assert found["chosen"] == "bgnbd"
        assert {m["answers"]: m["name"] for m in found["models"]}["alive"] == "mbgnbd"
        assert run(["--project", str(shop), "explain", "101", "expected_orders_90d"]) == 0
        assert "It was named" in capsys.readouterr().out
    finally:
        assert run(["--project", str(shop), "predict", "--as-of", "2024-07-01"]) == 0


@pytest.mark.parametrize(
    "setting", ["churn_bands = [0.2, 0.5, 0.8]", "discount_rate_per_year = -0.1", "horizon_days = 0", "prior = 'weak'"]
)
def test_settings_that_cannot_be_are_refused(tmp_path: Path, setting: str, capsys: pytest.CaptureFixture[str]) -> None:
    init(tmp_path / "new")
    with (tmp_path / "new" / "patron.toml").open("a", encoding="utf-8") as file:
        file.write(f"[predictions]\n{setting}\n")
    assert run(["--project", str(tmp_path / "new"), "segments"]) == 2
    assert "predictions." in capsys.readouterr().err


ODD = """order_id,customer_id,ordered_at,currency,total,refunded
9,ann,2024-06-01,GBP,30.00,0
1,ann,2024-01-01,GBP,30.00,45.00
2,ann,2024-03-01,GBP,10.00,0
3,bob,2024-02-01,EUR,20.00,0
4,bob,2024-04-01,GBP,0.00,0
5,cat,2024-02-11,GBP,0,0
6,dan,2031-01-01,GBP,99,0
7,eve,2024-05-05,GBP,-12,0
8,fay,2024-05-05,ZZZ,12,0
"""


def test_odd_orders_are_answered_or_refused_and_never_a_missing_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    init(tmp_path / "odd", name="Odd", currency="GBP", time_zone="UTC", country="GB")
    (tmp_path / "orders.csv").write_text(ODD, encoding="utf-8")
    (tmp_path / "rates.csv").write_text("date,currency,base,rate\n2024-01-01,EUR,GBP,0.85\n", encoding="utf-8")
    project = ["--project", str(tmp_path / "odd")]
    assert run([*project, "load", "orders", str(tmp_path / "orders.csv")]) == 1
    assert "2 refused" in capsys.readouterr().out  # less than nothing, and no currency
    assert run([*project, "predict", "--as-of", "2024-07-01", "--model", "mbgnbd"]) == 2
    assert "EUR: found 'no rate'" in capsys.readouterr().err  # two currencies are not added up
    assert run([*project, "load", "rates", str(tmp_path / "rates.csv")]) == 0
    assert run([*project, "predict", "--as-of", "2024-07-01", "--model", "mbgnbd"]) == 0
    features = "p_alive,expected_orders_90d,expected_order_value,expected_net_revenue_365d,expected_next_order_at"
    found = _json(tmp_path / "odd", capsys, "customers", "--columns", features)["customers"]
    told = {each["customer_number"]: each for each in found}
    assert {"ann", "bob", "cat"} <= set(told)  # refunded beyond the order; two currencies, one order for nothing; nothing ever paid
    for name in ("ann", "bob", "cat"):
        assert 0 < told[name]["p_alive"] <= 1
        assert 0 < told[name]["expected_orders_90d"] < 5
        assert 0 < float(told[name]["expected_order_value"]["amount"]) < 100
        assert float(told[name]["expected_net_revenue_365d"]["amount"]) >= 0
    assert told.get("dan", {"p_alive": None})["p_alive"] is None  # an order of 2031 has not happened yet
