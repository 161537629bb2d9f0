from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sources.loaded import DATA, Loaded, counts, problems

if TYPE_CHECKING:
    from pathlib import Path

_META = DATA / "platform_exports/meta_ads/campaigns_weekly.csv"
_GOOGLE = DATA / "platform_exports/google_ads/campaign_report_weekly.csv"
_REPORT = DATA / "platform_exports/fivetran/ad_report_schema.csv"


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    made = Loaded()
    reports = made.load("spend", _META, _GOOGLE, _REPORT).files
    assert [counts(r) for r in reports] == [(208, 208, 0, 0), (208, 208, 0, 0), (16, 16, 0, 0)]
    return made


@pytest.mark.parametrize(("channel", "cost"), [("meta", 44_629_682), ("google", 123_042_666)])
def test_the_total_of_the_platform_is_met_and_its_row_of_sums_not_counted(loaded: Loaded, channel: str, cost: int) -> None:
    query = f"SELECT sum(cost), count(*), any_value(currency) FROM spend WHERE channel = '{channel}' AND starts_on < '2020-01-01'"
    assert loaded.row(query) == (cost, 208, "EUR")


def test_weeks_end_on_their_seventh_day(loaded: Loaded) -> None:
    query = "SELECT DISTINCT channel, ends_on - starts_on FROM spend WHERE starts_on < '2020-01-01' ORDER BY 1"
    assert loaded.rows(query) == [("google", 6), ("meta", 6)]


def test_a_number_that_is_not_there_is_unknown_and_not_nought(loaded: Loaded) -> None:
    query = "SELECT sum(impressions), sum(clicks) FROM spend WHERE channel = '{}' AND starts_on < '2020-01-01'"
    assert loaded.row(query.format("google")) == (None, 3_524_609)
    assert loaded.row(query.format("meta")) == (1_695_910_323, None)


def test_channels_are_called_by_one_name(loaded: Loaded) -> None:
    query = "SELECT channel, count(*), sum(cost), sum(clicks) FROM spend WHERE starts_on >= '2020-01-01' GROUP BY ALL ORDER BY 1"
    assert loaded.rows(query) == [("google", 6, 58_705, 743), ("meta", 6, 118_800, 1_650), ("tiktok", 4, 47_210, 648)]


def test_a_newer_report_of_the_same_days_replaces_the_older_one(tmp_path: Path) -> None:
    header = "date,channel,campaign,spend,clicks\n"
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text(header + "2024-01-01,TikTok Ads,Summer,10.00,5\n2024-01-02,TikTok Ads,Summer,11.00,5\n", encoding="utf-8")
    second.write_text(header + "2024-01-02,TikTok Ads,Summer,12.50,7\n2024-01-03,tv,,100,\n", encoding="utf-8")
    mapping = '[reading]\nexported_at = "{}"\ncurrency = "GBP"\n'
    answers = []
    for order in ((first, second), (second, first)):
        made = Loaded()
        for file in order:
            made.one("spend", file, mapping=mapping.format("2024-02-01" if file is first else "2024-03-01"))
        answers.append(made.rows("SELECT starts_on::TEXT, channel, cost, currency FROM spend ORDER BY 1"))
    assert answers[0] == answers[1] == [
        ("2024-01-01", "tiktok", 1_000, "GBP"), ("2024-01-02", "tiktok", 1_250, "GBP"), ("2024-01-03", "tv", 10_000, "GBP"),
    ]  # fmt: skip


def test_months_end_on_their_last_day_and_totals_are_told_by_what_they_say(tmp_path: Path) -> None:
    file = tmp_path / "spend.csv"
    rows = ("2024-02-01,google,Total Fitness,1", "2024-03-01,google,b,2", ",,Total,3", "Total: March,,,3")
    file.write_text("month,channel,campaign,cost\n" + "\n".join(rows) + "\n", encoding="utf-8")
    made = Loaded()
    assert counts(made.one("spend", file)) == (2, 2, 0, 0)
    query = "SELECT starts_on::TEXT, ends_on::TEXT, campaign_name FROM spend ORDER BY 1"
    assert made.rows(query) == [("2024-02-01", "2024-02-29", "Total Fitness"), ("2024-03-01", "2024-03-31", "b")]


def test_what_cannot_be_used_is_refused_with_all_problems(tmp_path: Path) -> None:
    file = tmp_path / "spend.csv"
    file.write_text("date,channel,cost,currency\n2024-01-01,,-1,EUX\nsoon,tv,2,EUR\n2024-01-02,tv,3,EUR\n", encoding="utf-8")
    report = Loaded().one("spend", file)
    assert counts(report) == (3, 1, 0, 2)
    assert set(problems(report)) == {
        "spend.csv, line 2, column 'channel': expected a value",
        "spend.csv, line 2, column 'cost': found '-1', expected a cost that is not negative",
        "spend.csv, line 2, column 'currency': found 'EUX', expected an ISO 4217 code such as EUR",
        "spend.csv, line 3, column 'date': found 'soon', expected a date such as 2011-12-10",
        "spend.csv, line 3, column 'date': found 'soon', expected a day",
    }
