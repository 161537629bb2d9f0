from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa
import pytest
from ibis.backends.sql.compilers import PySparkCompiler

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.collect.parsing import read, spelled
from patron.collect.style import Style, date_evidence, date_style, number_evidence, number_style

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.ports.source import FieldKind

STORE = DuckDBEngine(threads=1)
TEXT = ibis.table({"x": "string"}, name="texts")
DMY, MDY, ANY = Style(plain=False, date_order="dmy"), Style(plain=False, date_order="mdy"), Style(plain=False)
COMMA = Style(plain=False, decimal=",")


def reading(kind: FieldKind, style: Style, zone: str) -> ir.Table:
    """The texts of a column read, in the steps in which a file is."""
    text = spelled(TEXT.x, kind, style)
    cells = TEXT if text is None else TEXT.select(x=text).alias("spelled")
    return cells.select(v=read(cells.x, kind, style, zone))


def answers(values: list[str | None], kind: FieldKind, style: Style, zone: str = "UTC") -> list[object]:
    STORE.connection.register("texts", pa.table({"x": pa.array(values, pa.string())}))
    found: list[object] = STORE.query(reading(kind, style, zone))["v"].to_pylist()
    return found


@pytest.mark.parametrize(
    ("text", "style", "expected"),
    [
        ("2011-07-01 08:26", Style(), datetime(2011, 7, 1, 7, 26)),
        ("2011-07-01", Style(), datetime(2011, 6, 30, 23)),
        ("2011-12-01T08:26:01", Style(), datetime(2011, 12, 1, 8, 26, 1)),
        ("2011-07-01 08:26:00 +0100", Style(), None),  # the quick way leaves it to the careful one
        ("2011-07-01T08:26Z", Style(), None),
        ("2011-07-01 12:16-05", Style(), None),
        ("2011-07-01 08:26:00 +0100", ANY, datetime(2011, 7, 1, 7, 26)),
        ("2011-07-01T08:26:00.5Z", ANY, datetime(2011, 7, 1, 8, 26, 0, 500_000)),
        ("2011-07-01 08:26:00-05:30", ANY, datetime(2011, 7, 1, 13, 56)),
        ("2013-08-09 10:00:00 UTC", ANY, datetime(2013, 8, 9, 10)),
        ("Fri, 09 Aug 2013 13:18:20 +0000", ANY, datetime(2013, 8, 9, 13, 18, 20)),
        ("Aug 9, 2013, 1:05:10 PM", ANY, datetime(2013, 8, 9, 12, 5, 10)),
        ("20110701", ANY, datetime(2011, 6, 30, 23)),
        ("1/7/2011 8:26", DMY, datetime(2011, 7, 1, 7, 26)),
        ("1/7/2011 12:05 am", MDY, datetime(2011, 1, 7, 0, 5)),
        ("31.12.10 23:59", DMY, datetime(2010, 12, 31, 23, 59)),
        ("31/31/2011", DMY, None),
        ("0000-01-01", Style(), None),
        ("22026-01-02 10:00", ANY, None),
        ("294247-01-10T04:00:54Z", ANY, None),
        ("22026-01-02T00:00:00Z", Style(has_offset=True), None),
        ("infinity", ANY, None),
        ("soon", ANY, None),
        ("", ANY, None),
    ],
)
def test_instants(text: str, style: Style, expected: datetime | None) -> None:
    assert answers([text], "instant", style, "Europe/London") == [expected]


@pytest.mark.parametrize(
    ("text", "style", "expected"),
    [
        ("1,234.56", ANY, "1234.56"),
        ("$12.5", ANY, "12.5"),
        ("12 EUR", ANY, "12"),
        ("(4.20)", ANY, "-4.2"),
        ("1e3", ANY, "1000"),
        ("1,00,000.50", ANY, "100000.5"),
        ("1.234,56", COMMA, "1234.56"),
        ("€ 1 234,50", COMMA, "1234.5"),
        ("−3", COMMA, "-3"),  # a minus sign as typographers write it
        ("1,2,3", COMMA, None),
        ("1.5.6", COMMA, None),
        ("abc", COMMA, None),
        ("abc12", ANY, None),
        ("1000000000000", Style(), None),
    ],
)
def test_amounts(text: str, style: Style, expected: str | None) -> None:
    assert answers([text], "amount", style) == [None if expected is None else Decimal(expected)]


@pytest.mark.parametrize("text", ['{"a": 1}', "[]", '["é"]'])
def test_lists_and_objects_stay_as_they_are(text: str) -> None:
    assert answers([text], "json", Style()) == [text]


@pytest.mark.parametrize("text", ["a word", "é" * 100, "{open", "[1", "", "7", "null", '"text"', None])
def test_a_word_in_the_place_of_a_list_is_nothing(text: str | None) -> None:
    assert answers([text], "json", Style()) == [None]


def test_references_and_texts() -> None:
    assert answers(["17850.0", "9007199254740993", " '7001 ", "10.00", "O'Neil", "'tis", "  "], "reference", Style()) == [
        "17850",
        "9007199254740993",
        "7001",
        "10.00",
        "O'Neil",
        "'tis",
        None,
    ]
    assert answers([" A@B.com ", "a@b", "Jo <a@b.co>", None], "email", Style()) == ["a@b.com", None, None, None]
    assert answers(["'+36 30 123 4567", "0036301234567", "12"], "phone", Style()) == ["+36301234567", "+36301234567", None]
    assert answers(["12", "12.0", "9007199254740993", "1.5"], "count", Style()) == [12, 12, 9007199254740993, None]
    assert answers(["Yes", "no", "maybe", ""], "flag", Style()) == [True, False, None, None]


def style_of(values: list[str], *, dates: bool) -> Style | None:
    STORE.connection.register("texts", pa.table({"x": pa.array(values)}))
    counts = STORE.query(TEXT.agg(**(date_evidence if dates else number_evidence)(TEXT.x))).to_pylist()[0]
    return date_style(counts, None) if dates else number_style(counts, None, comma_likely=False)


def test_a_column_tells_the_order_of_its_dates() -> None:
    assert style_of(["1/2/2011", "13/2/2011"], dates=True) == DMY
    assert style_of(["1/2/2011", "2/13/2011"], dates=True) == MDY
    assert style_of(["1/1/2011", "5/5/2011"], dates=True) == DMY
    assert style_of(["1/2/2011"], dates=True) is None
    assert style_of(["13/2/2011", "2/13/2011"], dates=True) is None
    assert style_of(["2011-02-01", "2011-02-01 10:00"], dates=True) == Style()


def test_a_column_tells_its_decimal_mark() -> None:
    assert style_of(["1,5", "1.234,50"], dates=False) == COMMA
    assert style_of(["1,234", "1,234.5"], dates=False) == ANY
    assert style_of(["1.5", "-2"], dates=False) == Style()


@pytest.mark.parametrize(
    "kind", ["text", "reference", "email", "phone", "instant", "date", "amount", "quantity", "number", "count", "flag"]
)
@pytest.mark.parametrize("style", [Style(), DMY, COMMA])
def test_reading_compiles_for_spark(kind: FieldKind, style: Style) -> None:
    query = reading(kind, style, "Europe/London")
    assert PySparkCompiler().to_sqlglot(query).sql(dialect="spark").startswith(("SELECT", "WITH"))
