from __future__ import annotations

from decimal import Decimal

import pytest

from patron.kernel.money import Currency, Money
from patron.web.report import charts, svg, words


@pytest.mark.parametrize(
    ("amount", "currency", "text", "short"),
    [
        ("8300065.81", "GBP", "£8,300,066", "£8.3M"),
        ("99.50", "EUR", "€99.50", "€100"),
        ("12", "USD", "$12", "$12"),
        ("-1234.00", "GBP", "\N{MINUS SIGN}£1,234", "\N{MINUS SIGN}£1.2k"),
        ("0.40", "GBP", "£0.40", "£0.40"),
        ("-0.001", "GBP", "£0.00", "£0.00"),
        ("250000", "CHF", "250,000\N{NO-BREAK SPACE}CHF", "250k\N{NO-BREAK SPACE}CHF"),
        ("1500", "JPY", "¥1,500", "¥1.5k"),
    ],
)
def test_money_is_written_as_people_read_it(amount: str, currency: str, text: str, short: str) -> None:
    money = Money(Decimal(amount), Currency(currency))
    assert (words.money(money), words.short_money(money)) == (text, short)


def test_small_shares_keep_a_decimal() -> None:
    assert [words.percent(s).replace(words.NBSP, " ") for s in (0.372, 0.0042, 0.0, 1.0, 0.09949, -0.05)] == [
        "37 %",
        "0.4 %",
        "0 %",
        "100 %",
        "9.9 %",
        "\N{MINUS SIGN}5 %",
    ]
    assert words.percent(None) == "unknown"


def test_things_agree_with_their_number() -> None:
    found = [words.things(n, "country", "countries").replace(words.NBSP, " ") for n in (0, 1, 2000)]
    assert found == ["no countries", "1 country", "2,000 countries"]
    ordinals = "1st 2nd 3rd 4th 11th 12th 13th 21st 112th".split()
    assert [words.ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 112)] == ordinals


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 7), (-3, 12), (0, 143_273_499), (0, 0.0001), (-5, 0)])
def test_ticks_are_round_and_hold_the_data(low: float, high: float) -> None:
    steps = charts.ticks(low, high)
    assert steps[0] <= low
    assert steps[-1] >= high * 0.999999
    assert 2 <= len(steps) <= 8


def test_texts_in_pictures_are_escaped() -> None:
    drawn = charts.rows('"><script>', [charts.Row("<b>&", "<i>", bars=(("a", 1.0),))], 300)
    assert "<b>" not in drawn
    assert "<script>" not in drawn
    assert "&lt;b&gt;&amp;" in drawn
    assert svg.tag("g", class_='"x"') == '<g class="&#34;x&#34;"></g>'


def test_columns_below_zero_hang_from_the_line() -> None:
    drawn = charts.columns("label", [charts.Column("Jan", "2024", (("a", 10.0), ("b", -5.0)), "hint")], str, 320)
    assert drawn.count("<rect") == 2
    assert 'height="-' not in drawn


def test_empty_pictures_do_not_fail() -> None:
    assert charts.columns("label", [], str, 320).startswith("<svg")
    assert charts.rows("label", [], 320).startswith("<svg")


def test_a_picture_is_drawn_for_wide_pages_and_for_phones() -> None:
    drawn = charts.both(lambda width: svg.picture("x", width, 10))
    assert [f'width="{w}"' in drawn for w in (charts.WIDE, charts.NARROW)] == [True, True]
