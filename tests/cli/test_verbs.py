"""What a user sees: verbs on the sample shop, in one process, as they are typed."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from patron.app.actions.init import init
from patron.cli.main import run
from patron.testing.sample_shop import FOLDER

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("projects") / "tea"
    init(folder, name="The Tea House", currency="EUR", time_zone="Europe/Berlin", country="DE")
    for source, file in (("lines", "order_lines"), ("customers", "customers"), ("reviews", "reviews"), ("products", "products")):
        assert run(["--project", str(folder), "load", source, str(FOLDER / f"{file}.csv")]) == 0
    assert run(["--project", str(folder), "refresh", "--as-of", "2024-07-01"]) == 0
    return folder


def _json(shop: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    assert run(["--project", str(shop), *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_preview_membership_and_export_agree_for_every_condition_of_the_library(
    shop: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    told = _json(shop, capsys, "segments")["segments"]
    some = [s for s in told if s["where"] and not s["waiting_for"]][::6]
    for segment in some:
        file = tmp_path / f"{segment['segment']}.csv"
        assert run(["--project", str(shop), "segment", segment["segment"], "--csv", str(file)]) == 0
        exported = sum(1 for _ in csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
        previewed = _json(shop, capsys, "preview", segment["where"])["members"]
        listed = _json(shop, capsys, "segment", segment["segment"])["total"]
        assert previewed == exported == listed == segment["members"], segment["segment"]


def test_explanation_says_what_the_membership_is(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    members = {c["customer_id"] for c in _json(shop, capsys, "segment", "loyal", "--limit", "100")["customers"]}
    everybody = [c["customer_id"] for c in _json(shop, capsys, "customers", "--limit", "10")["customers"]]
    for customer in {*list(members)[:2], *everybody[:4]}:
        assert _json(shop, capsys, "explain", customer, "loyal")["is_member"] == (customer in members)


def test_money_in_json_is_text_with_its_currency(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    top = _json(shop, capsys, "customers", "--limit", "1")["customers"][0]
    assert top["net_revenue"]["currency"] == "EUR"
    assert isinstance(top["net_revenue"]["amount"], str)


def test_pages_of_customers_hold_everybody_once(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    total = _json(shop, capsys, "customers")["total"]
    seen = [
        c["customer_id"]
        for offset in range(0, total, 7)
        for c in _json(shop, capsys, "customers", "--sort", "order_count", "--limit", "7", "--offset", str(offset))["customers"]
    ]
    assert len(seen) == len(set(seen)) == total


def test_customer_shows_only_segments_that_explain_agrees_with(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    top = _json(shop, capsys, "customers", "--limit", "1")["customers"][0]["customer_id"]
    found = _json(shop, capsys, "customer", top)
    assert found["segments"]
    for segment in found["segments"][:3]:
        assert _json(shop, capsys, "explain", top, segment["segment"])["is_member"]


def test_frozen_segment_keeps_its_members(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = _json(shop, capsys, "segment", "one_time_buyers")["total"]
    assert _json(shop, capsys, "freeze", "one_time_buyers", "--as", "spring_letter")["members"] == before
    assert run(["--project", str(shop), "refresh", "--as-of", "2024-07-01"]) == 0
    assert _json(shop, capsys, "segment", "spring_letter")["total"] == before


def test_full_recomputation_gives_the_same_answers(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checks = {c["name"]: c["is_sound"] for c in _json(shop, capsys, "doctor", "--recompute")["checks"]}
    assert checks["a full recomputation gives the same answers"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("segment", "loyall"), "Did you mean 'loyal'"),
        (("explain", "nobody@example.com", "loyal"), "No customer is known"),
        (("preview", "order_cont > 3"), "order_count"),
        (("preview", "order_count > "), "condition"),
        (("customers", "--sort", "net_revenu"), "Did you mean 'net_revenue'"),
        (("export", "ordres", "-o", "x.csv"), "Did you mean 'orders'"),
        (("export", "features", "-o", "x.xlsx"), ".parquet"),
        (("refresh", "--as-of", "soon"), "2011-12-10"),
    ],
)
def test_wrong_words_get_a_sentence_with_the_nearest_right_one(
    shop: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    assert run(["--project", str(shop), *arguments]) == 2
    assert sentence in capsys.readouterr().err


def test_every_verb_says_what_to_do_next_on_an_empty_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    init(tmp_path / "new")
    verbs = (["segments"], ["segment", "loyal"], ["preview", "order_count > 1"], ["customers"], ["refresh"], ["report"],
             ["export", "features", "-o", "x.csv"], ["explain", "1", "loyal"], ["customer", "1"])  # fmt: skip
    for verb in verbs:
        assert run(["--project", str(tmp_path / "new"), *verb]) == 2, verb
        assert "patron load" in capsys.readouterr().err, verb


def test_a_folder_without_project_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--project", str(tmp_path), "segments"]) == 2
    assert "patron init" in capsys.readouterr().err


def test_errors_are_json_when_json_is_asked_for(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--project", str(shop), "preview", "order_cont > 3 and zzz == 1", "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert len(told["problems"]) == 2


def test_a_project_that_another_process_holds_is_told_so(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hold = "import duckdb,sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", hold, str(shop / "data" / "patron.duckdb")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        try:
            assert run(["--project", str(shop), "segments"]) == 3
            assert f"process {holder.pid}" in capsys.readouterr().err
        finally:
            holder.communicate(b"")
