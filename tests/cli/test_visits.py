"""Sessions and touches as people get them: as files, and of one customer."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from patron.app.actions.init import init
from patron.cli.main import run
from patron.facts.sessions import SESSIONS
from patron.facts.touches import TOUCHES

if TYPE_CHECKING:
    from pathlib import Path

_EVENTS = """event,timestamp,email,page,referrer,utm_source,utm_medium,utm_campaign,utm_term,sku,price
page_view,2024-03-01T10:00:00Z,ann@example.com,/,https://www.google.com/,,,,,,
product_viewed,2024-03-01T10:05:00Z,ann@example.com,/pot,,,,,,P1,
product_viewed,2024-03-01T10:34:59Z,ann@example.com,/cup,,news,email,=spring,tea pots,P2,
page_view,2024-03-05T09:00:00Z,ann@example.com,/,,,,,,,
page_view,2024-03-02T09:00:00Z,ben@example.com,/,,,,,,,
"""
_LINES = """order_number,ordered_at,email,product_code,quantity,unit_price
1,2024-03-01T10:20:00Z,ann@example.com,P1,2,10.00
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("projects") / "tea"
    init(folder, name="The Tea House", currency="EUR", time_zone="UTC", country="DE")
    for source, text in (("events", _EVENTS), ("lines", _LINES)):
        file = folder.parent / f"{source}.csv"
        file.write_text(text, encoding="utf-8")
        assert run(["--project", str(folder), "load", source, str(file)]) == 0
    assert run(["--project", str(folder), "refresh", "--as-of", "2024-07-01"]) == 0
    return folder


def _exported(shop: Path, file: Path, what: str, *more: str) -> int:
    return run(["--project", str(shop), "export", what, "-o", str(file), *more, "--json"])


def test_sessions_are_a_file_with_a_row_each(shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "sessions.csv"
    capsys.readouterr()
    assert _exported(shop, file, "sessions") == 0
    assert json.loads(capsys.readouterr().out) == {"file": str(file), "rows": 3}
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    told = ("started_at", "ended_at", "event_count", "viewed_product_count", "channel", "order_count", "net_revenue", "currency")
    assert sorted(tuple(row[name] for name in told) for row in rows) == [
        ("2024-03-01 10:00:00", "2024-03-01 10:34:59", "3", "2", "organic_search", "1", "2000", "EUR"),
        ("2024-03-02 09:00:00", "2024-03-02 09:00:00", "1", "0", "direct", "0", "0", "EUR"),
        ("2024-03-05 09:00:00", "2024-03-05 09:00:00", "1", "0", "direct", "0", "0", "EUR"),
    ]


def test_touches_before_an_instant_are_a_file_in_which_no_spreadsheet_sees_a_formula(shop: Path, tmp_path: Path) -> None:
    file = tmp_path / "touches.csv"
    assert _exported(shop, file, "touches", "--as-of", "2024-03-02") == 0
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    told = ("position", "channel", "campaign_name", "campaign_term", "referrer_host", "is_first", "is_last")
    assert [tuple(row[name] for name in told) for row in rows] == [
        ("1", "organic_search", "", "", "google.com", "true", "false"),
        ("2", "email", "'=spring", "tea pots", "", "false", "true"),
    ]


@pytest.mark.parametrize(("what", "table"), [("sessions", SESSIONS), ("touches", TOUCHES)])
def test_the_columns_are_those_of_the_reference(shop: Path, tmp_path: Path, what: str, table: Any) -> None:
    file = tmp_path / "rows.parquet"
    assert _exported(shop, file, what) == 0
    assert set(pq.read_schema(file).names) == {"customer_number", *(c.name for c in table.columns)}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("features", "--as-of", "2024-03-02"), "sessions and touches alone"), (("sesions",), "Did you mean 'sessions'"), (("touches", "--as-of", "soon"), "soon")],
)  # fmt: skip
def test_what_cannot_be_exported_is_said(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert _exported(shop, tmp_path / "x.csv", *arguments) == 2
    assert said in "".join(capsys.readouterr())
    assert not (tmp_path / "x.csv").exists()


def test_a_customer_shows_the_latest_sessions_and_touches_first(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["--project", str(shop), "customer", "ann@example.com", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(s["started_at"], s["net_revenue"]["amount"]) for s in found["sessions"]] == [
        ("2024-03-05T09:00:00Z", "0.00"),
        ("2024-03-01T10:00:00Z", "20.00"),
    ]
    assert [(t["position"], t["channel"], t["landing_page"]) for t in found["touches"]] == [
        (3, "direct", "/"),
        (2, "email", "/cup"),
        (1, "organic_search", "/"),
    ]
    assert run(["--project", str(shop), "customer", "ann@example.com"]) == 0
    assert "news / email / =spring" in capsys.readouterr().out
