"""What every engine must do with instants, numbers, ids and texts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import ibis

from patron.kernel.ids import derived, hash63
from patron.kernel.time import (
    Calendar,
    dates_between,
    days_between,
    literal,
    local_date,
    local_time,
    seconds_between,
    to_utc_timestamp,
)
from patron.testing.engine_tables import CLOCK, CLOCK_ROWS, PAIRS, PAIRS_ROWS, SALES_ROWS, TEXTS, TEXTS_ROWS, naive

if TYPE_CHECKING:
    from patron.ports.engine import Engine

LONDON = Calendar("Europe/London")


class TimeContract:
    """Instants, days and calendars."""

    def test_seconds_between_instants_are_whole_and_exact(self, engine: Engine) -> None:
        """Whole seconds, cut before the difference is taken."""
        t = PAIRS_ROWS
        rows = engine.query(t.select(t.n, x=seconds_between(t.later, t.earlier)).order_by("n"))
        assert rows.column("x").to_pylist() == [p[2] for p in PAIRS]

    def test_a_day_is_86400_seconds(self, engine: Engine) -> None:
        """Two hours across midnight are a twelfth of a day, whatever the zone."""
        t = PAIRS_ROWS
        rows = engine.query(t.select(t.n, x=days_between(t.later, t.earlier)).order_by("n"))
        assert rows.column("x").to_pylist() == [None if p[2] is None else p[2] / 86_400 for p in PAIRS]

    def test_local_time_is_what_the_clock_of_the_zone_shows(self, engine: Engine) -> None:
        """Summer time begins and ends at the right instant, to the microsecond."""
        rows = engine.query(CLOCK_ROWS.select(CLOCK_ROWS.at, x=local_time(CLOCK_ROWS.at, LONDON)).order_by("at"))
        assert rows.column("x").to_pylist() == [naive(wall) for _, wall in CLOCK]

    def test_local_days_begin_at_local_midnight(self, engine: Engine) -> None:
        """Half past eleven in London's summer is the next day already."""
        rows = engine.query(CLOCK_ROWS.select(CLOCK_ROWS.at, x=local_date(CLOCK_ROWS.at, LONDON)).order_by("at"))
        assert rows.column("x").to_pylist() == [datetime.fromisoformat(wall).date() for _, wall in CLOCK]

    def test_a_wall_clock_time_has_its_instant(self, engine: Engine) -> None:
        """The way back; in the hour that the clock shows twice either instant will do."""
        twice = datetime(2024, 10, 27, 1)  # noqa: DTZ001
        clear = CLOCK_ROWS.filter(~CLOCK_ROWS.wall.between(ibis.literal(twice), ibis.literal(twice.replace(hour=2))))
        rows = engine.query(clear.select(clear.at, x=to_utc_timestamp(clear.wall, LONDON.zone)).order_by("at"))
        assert rows.column("x").to_pylist() == rows.column("at").to_pylist()

    def test_parts_of_an_instant_are_the_same_everywhere(self, engine: Engine) -> None:
        """Years, months, weekdays from Monday as 0, hours, and the beginnings of days and months."""
        t = SALES_ROWS.filter(SALES_ROWS.at.notnull())
        at = t.at
        parts = t.select(
            at,
            year=at.year(),
            month=at.month(),
            weekday=at.day_of_week.index(),
            hour=at.hour(),
            day=at.date(),
            first=at.date().truncate("M"),
        )
        first = engine.query(parts.order_by("at").limit(1)).to_pylist()[0]
        assert first == {
            "at": datetime(2024, 1, 1, 10), "year": 2024, "month": 1, "weekday": 0, "hour": 10, "day": date(2024, 1, 1),  # noqa: DTZ001
            "first": date(2024, 1, 1),
        }  # fmt: skip

    def test_days_between_dates_are_whole(self, engine: Engine) -> None:
        """Dates differ by calendar days."""
        t = PAIRS_ROWS.filter(PAIRS_ROWS.later.notnull())
        rows = engine.query(t.select(t.n, x=dates_between(t.later.date(), t.earlier.date())).order_by("n"))
        assert rows.column("x").to_pylist() == [1, 1, 1, 1, 1, -1]

    def test_an_instant_compares_with_a_literal_to_the_microsecond(self, engine: Engine) -> None:
        """Half-open spans depend on it."""
        edge = datetime(2024, 3, 31, 0, 59, 59, 999_999, tzinfo=UTC)
        at = CLOCK_ROWS.at
        rows = engine.query(CLOCK_ROWS.aggregate(before=(at < literal(edge)).sum(), until=(at <= literal(edge)).sum()))
        assert rows.to_pylist() == [{"before": 0, "until": 1}]


class ValueContract:
    """Ids, numbers and texts."""

    def test_hash63_is_the_number_that_python_derives(self, engine: Engine) -> None:
        """Ids made in an engine and ids made in Python are the same."""
        t = TEXTS_ROWS
        rows = engine.query(t.select(t.n, x=hash63(t.text)).order_by("n"))
        assert rows.column("x").to_pylist() == [None if text is None else derived(text) for text in TEXTS]

    def test_a_digest_is_in_lower_case(self, engine: Engine) -> None:
        """SHA-256 as e-mail addresses are kept."""
        t = TEXTS_ROWS.filter(TEXTS_ROWS.text == "a")
        rows = engine.query(t.select(x=t.text.hexdigest("sha256")))
        assert rows.column("x").to_pylist() == ["ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"]

    def test_halves_are_rounded_away_from_zero(self, engine: Engine) -> None:
        """And a rounded number can be cast to a whole one."""
        t = SALES_ROWS.filter(SALES_ROWS.rate.isin([0.5, 2.5, -2.5]))
        rows = engine.query(t.select(t.rate, x=t.rate.round().cast("int64")).order_by("rate"))
        assert rows.column("x").to_pylist() == [-3, 1, 3]

    def test_floor_and_ceiling_go_down_and_up(self, engine: Engine) -> None:
        """Below zero too."""
        t = SALES_ROWS.filter(SALES_ROWS.rate == -2.5)
        rows = engine.query(t.select(down=t.rate.floor().cast("int64"), up=t.rate.ceil().cast("int64")))
        assert rows.to_pylist() == [{"down": -3, "up": -2}]

    def test_an_explicit_cast_makes_a_division_exact(self, engine: Engine) -> None:
        """Whole numbers divided as numbers, not cut."""
        t = SALES_ROWS.filter(SALES_ROWS.amount == 1)
        rows = engine.query(t.select(x=t.amount.cast("float64") / ibis.literal(8.0)))
        assert rows.column("x").to_pylist() == [0.125]

    def test_dividing_by_null_for_zero_is_unknown(self, engine: Engine) -> None:
        """What guards every ratio of the path."""
        t = SALES_ROWS.filter(SALES_ROWS.amount == 1)
        zero = (t.amount - 1).nullif(0).cast("float64")
        rows = engine.query(t.select(x=t.amount.cast("float64") / zero))
        assert rows.column("x").to_pylist() == [None]

    def test_the_larger_of_a_number_and_nothing_is_the_number(self, engine: Engine) -> None:
        """Nulls are left out of greatest and least, and coalesce takes the first that is known."""
        t = SALES_ROWS.filter(SALES_ROWS.units == Decimal("0.125"))
        rows = engine.query(t.select(a=ibis.greatest(t.amount, 5), b=ibis.least(t.amount, 5), c=ibis.coalesce(t.amount, 7)))
        assert rows.to_pylist() == [{"a": 5, "b": 5, "c": 7}]

    def test_decimals_keep_every_digit(self, engine: Engine) -> None:
        """Summed, they are still exact, and become floats only when cast."""
        t = SALES_ROWS
        per_customer = t.group_by("customer_id").aggregate(units=t.units.sum().cast("decimal(38, 3)")).order_by("customer_id")
        rows = engine.query(per_customer.mutate(number=per_customer.units.cast("float64")))
        assert rows.column("units").to_pylist() == [Decimal("3.625"), Decimal("100000000000.000"), None]
        assert rows.column("number").to_pylist() == [3.625, 1e11, None]

    def test_texts_are_taken_apart_alike(self, engine: Engine) -> None:
        """The functions of text that the path uses."""
        t = SALES_ROWS.filter(SALES_ROWS.name == "gamma")
        rows = engine.query(
            t.select(
                upper=t.name.upper(), length=t.name.length(), starts=t.name.startswith("ga"), holds=t.name.contains("mm"),
                found=t.name.re_search("^g.*a$"), joined=t.name + "-" + t.amount.cast("string"), part=t.name.substr(1, 3),
                like=t.name.like("%mm%"), padded=t.amount.cast("string").lpad(5, "0"),
            )
        )  # fmt: skip
        assert rows.to_pylist() == [
            {"upper": "GAMMA", "length": 5, "starts": True, "holds": True, "found": True, "joined": "gamma-200", "part": "amm",
             "like": True, "padded": "00200"}
        ]  # fmt: skip

    def test_texts_compare_by_code_point(self, engine: Engine) -> None:
        """Capitals come first; nothing depends on a locale."""
        t = SALES_ROWS.filter(SALES_ROWS.name.notnull()).select("name").distinct()
        assert engine.query(t.order_by("name")).column("name").to_pylist() == ["Alfa", "Beta", "beta", "delta", "gamma"]
