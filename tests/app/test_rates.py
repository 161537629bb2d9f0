"""Whoever holds amounts that nothing converts is told: when they are loaded, and by the doctor."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from patron.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path

NOTE = (
    "Not counted, as they cannot be converted to EUR: orders in GBP: found 'no rate', expected a rate from 2026-01-05 on; "
    "load them with `patron load rates FILE`"
)


@pytest.fixture
def shop(tmp_path: Path) -> list[str]:
    assert run(["--project", str(tmp_path), "init", str(tmp_path), "--currency", "EUR", "--country", "DE"]) == 0
    (tmp_path / "orders.csv").write_text(
        "order_number,email,ordered_at,total,currency\no1,ann@shop.example,2026-01-05,10,GBP\no2,bob@shop.example,2026-01-06,20,EUR\n",
        encoding="utf-8",
    )
    (tmp_path / "rates.csv").write_text("currency,starts_on,rate\nGBP,2026-01-01,1.15\n", encoding="utf-8")
    return ["--project", str(tmp_path)]


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    capsys.readouterr()
    run([*arguments, "--json"])
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def _is_sound(capsys: pytest.CaptureFixture[str], shop: list[str]) -> bool:
    checks = {c["name"]: c["is_sound"] for c in _json(capsys, *shop, "doctor")["checks"]}
    return bool(checks["all amounts can be converted to EUR"])


def test_amounts_without_a_rate_are_told_until_there_is_one(tmp_path: Path, shop: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert _json(capsys, *shop, "load", "orders", str(tmp_path / "orders.csv"))["notes"] == [NOTE]
    assert not _is_sound(capsys, shop)
    assert _json(capsys, *shop, "load", "rates", str(tmp_path / "rates.csv"))["notes"] == []
    assert _is_sound(capsys, shop)


def test_people_are_told_too(tmp_path: Path, shop: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*shop, "load", "orders", str(tmp_path / "orders.csv")]) == 0
    assert " ".join(NOTE.split()) in " ".join(capsys.readouterr().out.split())
