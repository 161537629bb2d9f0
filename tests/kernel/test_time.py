from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import ibis
import pytest

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.kernel.errors import InputError
from patron.kernel.time import Calendar, days_between, iso, literal, local_date, parse_instant, parse_span

LONDON = Calendar("Europe/London")


def test_bare_date_is_midnight_in_the_shop() -> None:
    assert parse_instant("2011-07-10", LONDON) == datetime(2011, 7, 9, 23, tzinfo=UTC)
    assert parse_instant("2011-12-10T12:30Z", LONDON) == datetime(2011, 12, 10, 12, 30, tzinfo=UTC)
    assert parse_instant("2011-07-10T12:30", LONDON) == datetime(2011, 7, 10, 11, 30, tzinfo=UTC)


def test_unreadable_time_names_the_place_and_the_value() -> None:
    with pytest.raises(InputError, match="--as-of: found 'yesterday'"):
        parse_instant("yesterday", LONDON, where="--as-of")


@pytest.mark.parametrize("text", ["0001-01-01", "0999-12-31T23:59", "9001-01-01", "9999-12-31T23:00-14:00", "0001-01-01T00:00+14:00"])
def test_times_with_which_no_calendar_reckons_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="of the years 1000 to 9000"):
        parse_instant(text, LONDON)


@pytest.mark.parametrize("text", ["36501 days", "999999999999 weeks", f"{'9' * 5_000} days"])
def test_spans_of_more_than_a_hundred_years_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="up to 100 years"):
        parse_span(text)


@pytest.mark.parametrize(
    ("text", "span"), [("7 days", timedelta(7)), ("1 hour", timedelta(hours=1)), (" 90 Minutes ", timedelta(minutes=90))]
)
def test_span_is_read_from_words(text: str, span: timedelta) -> None:
    assert parse_span(text) == span


def test_months_are_no_span() -> None:
    with pytest.raises(InputError, match="'7 days'"):
        parse_span("2 months")


def test_unknown_zone_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'Europe/London'"):
        Calendar("Europe/Londn")


def test_instants_are_shown_in_utc() -> None:
    assert iso(datetime(2011, 12, 10)) == "2011-12-10T00:00:00Z"
    assert LONDON.day_of(datetime(2011, 7, 9, 23, 30, tzinfo=UTC)) == date(2011, 7, 10)


def test_days_between_two_hours_across_midnight_is_a_twelfth() -> None:
    engine = DuckDBEngine()
    one = ibis.table({"one": "int64"}, name="one")
    engine.connection.execute("CREATE TABLE one AS SELECT 1::BIGINT AS one")
    late, early = literal(datetime(2024, 1, 2, 1, tzinfo=UTC)), literal(datetime(2024, 1, 1, 23, tzinfo=UTC))
    row = engine.query(one.select(days=days_between(late, early), day=local_date(early, Calendar("Asia/Tokyo")))).to_pylist()[0]
    assert row == {"days": 2 / 24, "day": date(2024, 1, 2)}
