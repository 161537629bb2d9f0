"""What the engine of few rows reads out of texts is what the embedded engine reads, or it says that it does not know."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patron.adapters.engines.arrays.engine import ArraysEngine
from patron.adapters.engines.duckdb import DuckDBEngine
from patron.adapters.sources.events_rows import json_extract_string
from patron.adapters.sources.payloads_json import amounts_of, each, number_with, sum_of, texts_at, texts_of, without
from patron.collect.amounts import is_code, minor
from patron.collect.events import snake_case
from patron.collect.parsing import TYPES, read
from patron.collect.places import country
from patron.collect.style import Style, date_evidence, number_evidence
from patron.kernel.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir

    from patron.ports.source import FieldKind

TEXTS = ibis.table({"text": "string", "other": "string"}, name="texts")
T, OTHER = TEXTS.text, TEXTS.other
STORE, FEW = DuckDBEngine(threads=1), ArraysEngine()
_PLAIN, _OFFSET, _DAY_FIRST, _COMMA = (
    Style(),
    Style(plain=False, has_offset=True),
    Style(plain=False, date_order="dmy"),
    Style(decimal=",", plain=False),
)
_READINGS: tuple[tuple[FieldKind, Style], ...] = (
    *((kind, _PLAIN) for kind in TYPES),
    ("instant", _OFFSET),
    ("instant", _DAY_FIRST),
    ("amount", _COMMA),
    ("count", _COMMA),
)
_CASTS = ("decimal(18, 6)", "decimal(18, 3)", "decimal(38, 6)", "int32", "int64", "float64", "timestamp(6)")
_PATHS = ("$.a", "$.a.b", "$[0].sku", "$[1]")
_NUMBERS = (
    "", " ", "0", "-0", "+1", "1e5", "1E-3", ".5", "1.", "1_000", "1__0", "0x1f", "inf", "-Infinity", "nan", "--1", ".", " \t1\n", "1\u00a0", "\u0661",
    "12345678901234567890", "999999999999.9999994", "999999999999.9999995", "-0.0000005", "2.5", "-2.5", "1,5", "1.234,56", "(12.50)", "€ 3", "7.0",
    "9" * 45, "true", "1.2.3", "2024", "17850.0", "'5",
)  # fmt: skip
_INSTANTS = (
    "2024-01-01", "2024-02-30", "2024-1-1", "2024-01-01 10:00", "2024-01-01T10:00:00", "2024-01-01T10:00:00.123456Z", "2024-01-01T10:00:00.1Z", "2024-01-01T10:00:00.120300Z", "2024-01-01T10:00:00.000001Z",
    "2024-01-01T10:00:00.1234567Z", "2024-01-01T10:00:00+02:00", "2024-02-30T10:00:00Z", "2024-01-01T24:00:00", "2024-01-01T23:59:60Z", "0000-01-01",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "infinity", "epoch", "yesterday", " 2024-01-01 ", "1/2/2024", "13/2/2024", "1 Feb 2024",
    "2024-01-01T10:00Z", "Mon, 1 Jan 2024",
)  # fmt: skip
_JSON = (
    '{"a":1}', '{"a":"x\\u00e9\\n"}', '{"a":null}', '{"a":true}', '{"a":1.50}', '{"a":1e2}', '{"a":-0}', '{"a":12345678901234567890123}',
    '{"a":{"b": "c"}}', '{"a":[1]}', '[{"sku":"T-1"},"two"]', '{"a":1,"a":2}', '{"a":""}', "{", '{"a":1,}', "[NaN]", '["\\ud800"]', "[1] x", '"x"',
    '{"a":"\\u0000"}', "[]", "{}", '{"a":[{"n":"1.50","b":[1, 2.0]},{"n":2},{"n":"x"},{"n":null},{}, null, 3]}', '[{"sku":" "},{"sku":"a|b", "é": 0.25}, {}]',
    '{"b":{"c":1e-5},"a":[1e2, -0.0, 0.1, 1e300]}', '{"a":[],"b":[]}', '{"c":{"x":1,"x":2},"a":1}', '{"c":["\\u001f\\n/\\"\\\\"]}', "a|b||c", '[{"sku":"\\u000b"}]',
    "[" * 400 + "]" * 400, '[{"n":"999999999999"},{"sku":"x"}]', '{"a":[{"n":"999999999999"},{"n":"999999999999"},{"n":9e11}]}',
)  # fmt: skip
_WORDS = (
    "Product Added", "productAdded", "  Order Completed ", "ORDER_PLACED", "!?", "Größe", "İstanbul", "\u1c89", "\ua7cb", "\U0002ebf0", "ß", "日本", "Belgique",
    "gb", "USD", "eur", "sales@shop.example", "Ada@Example.COM ", "+44 20 7946 0958", "0044123456789", "yes", "N", "unsubscribed", "'=1+1", "a\x00b", "\n",
)  # fmt: skip


def _expressions() -> dict[str, ir.Value]:
    """By what they are called in a failure."""
    made: dict[str, ir.Value] = {f"as {c}": T.try_cast(c) for c in _CASTS}
    made["as an instant"] = T.try_cast("timestamp('UTC')").cast("timestamp(6)")
    made |= {f"{name} as text": value.cast("string") for name, value in made.items() if name != "as float64"}
    made |= {f"{kind}, {style}": read(T, kind, style, "Europe/London").cast(TYPES[kind]) for kind, style in _READINGS}
    made |= {path: json_extract_string(read(T, "json", _PLAIN, "UTC"), path) for path in _PATHS}
    made |= {"lower": T.lower(), "upper": T.upper(), "country": country(T), "is a code": is_code(T), "length": T.length()}
    made |= {"inside": T.substr(1, T.length() - ibis.ifelse(T.length() < 2, 0, 2)), "replaced": T.replace('"', '\\"'), "last": T.right(1)}
    money, quantity = T.try_cast("decimal(18, 6)"), OTHER.try_cast("decimal(18, 3)")
    usual = ibis.ifelse(money.abs() < 1_000_000, money, ibis.null("decimal(18, 6)"))
    made |= {"minor": minor(money, OTHER.upper()), "whole": money.try_cast("int64"), "is large": money.abs() < 1_000_000_000_000}
    made |= {"product": (usual * quantity).cast("decimal(38, 9)"), "difference": (usual - quantity).cast("decimal(38, 9)")}
    made |= _of_lists()
    made |= {"in snake case": snake_case(T), "letters": T.lower().re_replace(r"[^\p{L}\p{N}]+", "")}
    return made


def _of_lists() -> dict[str, ir.Value]:
    """What lists in JSON say, as texts."""
    made: dict[str, ir.ArrayValue] = {
        "items": each(T),
        "items of a": each(T, "a"),
        "skus": texts_of(T, "", "sku"),
        "at": texts_at(T, ["a", "b.c", "a[0]"]),
    }
    made |= {"amounts": amounts_of(T, "a", "n"), "split": T.split("|")}
    lists: dict[str, ir.Value] = {f"{name} [{n}]": of[n].cast("string") for name, of in made.items() for n in (0, 1)}
    lists |= {f"how many {name}": of.length() for name, of in made.items()}
    lists |= {f"{name}, joined": of.join("+") for name, of in made.items() if name != "amounts"}
    lists |= {"sum": sum_of(T, "a", "n").cast("string"), "with a sku": number_with(T, "sku"), "without": without(T, '{"a":null}')}
    lists["changed"] = without(T, '{"sku":null,"b":{"c":null,"e":{}},"d":"x"}')
    lists |= {name: value.cast("string") for name, value in (("most", made["amounts"].maxs()), ("least", made["amounts"].mins()))}
    return lists


EXPRESSIONS = _expressions()
ASKED = {name: TEXTS.select(v=value) for name, value in EXPRESSIONS.items()}
ALL = TEXTS.select(**EXPRESSIONS)
EVIDENCE = TEXTS.agg(**{f"{name} {n}": v for n, how in enumerate((date_evidence, number_evidence)) for name, v in how(T).items()})


def _table(texts: Sequence[str | None]) -> pa.Table:
    return pa.table(
        [pa.array(texts, pa.string()), pa.array(["EUR" if t in _WORDS else "2.5" for t in texts], pa.string())], ["text", "other"]
    )


def _known(name: str, texts: Sequence[str | None], first: int = 0) -> list[tuple[int, pa.Table]]:
    """What the engine of few rows answers about texts, in pieces, each with the place of its first; what it leaves to others is left out."""
    FEW.fill("texts", _table(texts).to_reader())
    try:
        return [(first, FEW.query(ASKED[name]))]
    except UnsupportedError:
        half = len(texts) // 2
        return [] if not half else [*_known(name, texts[:half], first), *_known(name, texts[half:], first + half)]


def _differing(texts: Sequence[str | None]) -> dict[str, list[str | None]]:
    """Texts of which the two engines tell different things, by expression."""
    STORE.fill("texts", _table(texts).to_reader())
    every = STORE.query(ALL)
    found: dict[str, list[str | None]] = {}
    for name in EXPRESSIONS:
        there = every.select([name]).rename_columns(["v"])
        for first, here in _known(name, texts):
            for n in range(here.num_rows):
                if not here.slice(n, 1).equals(there.slice(first + n, 1)):
                    found.setdefault(name, []).append(texts[first + n])
    return found


def test_odd_texts_are_read_as_by_the_store_or_left_to_it() -> None:
    assert _differing([None, *_NUMBERS, *_INSTANTS, *_JSON, *_WORDS]) == {}


@settings(max_examples=3, deadline=None)
@given(st.lists(st.text("0123456789+-.eE_, :TZ/aé'{}[]\"\\u\n", max_size=20) | st.text(max_size=6), min_size=1, max_size=15))
def test_any_texts_are_read_as_by_the_store_or_left_to_it(texts: list[str]) -> None:
    assert _differing(texts) == {}


def test_columns_tell_the_store_and_the_engine_of_few_rows_the_same_of_how_they_are_written() -> None:
    rows = _table([None, *_NUMBERS, *_INSTANTS, *_JSON, *_WORDS])
    STORE.fill("texts", rows.to_reader())
    FEW.fill("texts", rows.to_reader())
    assert FEW.query(EVIDENCE).to_pylist() == STORE.query(EVIDENCE).to_pylist()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("as decimal(18, 6)", "12.50"), ("as int64", "31"), ("as float64", "1e5"), ("as an instant", "2026-03-01T10:00:00.123Z"),
        (f"instant, {_PLAIN}", "2026-03-01 10:00:00"), (f"instant, {_OFFSET}", "2026-03-01T10:00:00+02:00"), ("$.a", '{"a":"tea","b":1.5}'),
        ("country", "Österreich"), ("minor", "12.345"), ("in snake case", "Product Added"), (f"json, {_PLAIN}", '{"price":1.50}'),
    ],
)  # fmt: skip
def test_usual_texts_are_not_left_to_the_store(name: str, text: str) -> None:
    [(_, rows)] = _known(name, [text])
    assert rows["v"].null_count == 0


@pytest.mark.parametrize("name", ["lower", "upper", "letters"])
def test_every_letter_is_a_letter_in_either_case_for_both_or_left_to_the_store(name: str) -> None:
    letters = [chr(n) for n in (*range(1, 0xD800), *range(0xE000, 0x1F000), *range(0x2E000, 0x30000))]
    STORE.fill("texts", _table(letters).to_reader())
    there = STORE.query(ASKED[name])
    for first in range(0, len(letters), 512):
        FEW.fill("texts", _table(letters[first : first + 512]).to_reader())
        with suppress(UnsupportedError):
            assert FEW.query(ASKED[name]).equals(there.slice(first, 512).combine_chunks())
