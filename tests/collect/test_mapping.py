from __future__ import annotations

import pytest

from patron.collect.headers import folded, recognised
from patron.collect.mapping import statements, suggestion
from patron.kernel.errors import InputError
from patron.ports.source import Field, Layout


def layout(name: str, *fields: Field, marks: tuple[str, ...] = ()) -> Layout:
    return Layout(name, fields, "orders", lambda r, _: r.key, lambda _, __: {}, marks=marks)


ORDERS = layout(
    "orders",
    Field("number", "text", ("order no",), needed=True),
    Field("placed_at", "instant", ("date",), needed=True),
    Field("note", "text"),
)


def test_headers_match_whatever_their_case_and_spaces() -> None:
    assert folded(" Order-No. ") == folded("orderno")
    found = recognised([ORDERS], ["ORDER NO.", "Date ", "x"], {}, file="f.csv")
    assert found.columns == {"number": "ORDER NO.", "placed_at": "Date "}
    assert found.has == {"number", "placed_at"}


def test_the_first_layout_that_fits_is_taken_and_marks_tell_them_apart() -> None:
    marked = layout("marked", Field("number", "text", ("order no",), needed=True), marks=("mark",))
    assert recognised([marked, ORDERS], ["Order No", "Date", "Mark"], {}, file="f").layout.name == "marked"
    assert recognised([marked, ORDERS], ["Order No", "Date"], {}, file="f").layout.name == "orders"


def test_a_mapping_wins_over_names_and_may_say_that_there_is_none() -> None:
    found = recognised([ORDERS], ["Order No", "Date", "Note", "Remark"], {"note": "remark", "number": "Order No"}, file="f")
    assert found.columns["note"] == "Remark"
    assert "note" not in recognised([ORDERS], ["Order No", "Date", "Note"], {"note": ""}, file="f").columns


def test_all_problems_of_a_mapping_are_told() -> None:
    with pytest.raises(InputError) as caught:
        statements('[reading]\ncurency = "EUR"\ndate_order = "dmyy"\n[columns]\nx = 3\n')
    message = str(caught.value)
    assert "did you mean 'currency'?" in message
    assert "did you mean 'dmy'?" in message
    assert "mapping, columns.x: found '3', expected the name of a column, in quotes" in message
    with pytest.raises(InputError, match="did you mean 'columns'"):
        statements('[colums]\nx = "y"\n')
    with pytest.raises(InputError, match="not TOML"):
        statements("x = ")


def test_a_suggestion_is_a_mapping() -> None:
    text = suggestion(ORDERS, ['Ordr "No"', "Date", "Else"], file="f.csv")
    assert statements(text.replace("# a guess: please check", "")).columns == {"number": 'Ordr "No"', "placed_at": "Date"}
    assert '#   "Else"' in text
