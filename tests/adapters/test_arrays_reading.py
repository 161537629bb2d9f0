"""What the engine of few rows reads out of texts is what the embedded engine reads, or it says that it does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patron.adapters.engines.arrays.engine import ArraysEngine
from patron.adapters.engines.duckdb import DuckDBEngine
from patron.adapters.sources.events_rows import json_extract_string
from patron.collect.amounts import is_code, minor
from patron.collect.events import kind, spelled
from patron.collect.parsing import TYPES, read
from patron.collect.places import country
from patron.collect.style import Style, date_evidence, number_evidence
from patron.kernel.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable

TEXTS = ibis.table({"text": "string", "other": "string"}, name="texts")
T, OTHER = TEXTS.text, TEXTS.other
STORE, FEW = DuckDBEngine(threads=1), ArraysEngine()
_KINDS = ("raw", "text", "reference", "email", "phone", "instant", "date", "amount", "quantity", "number", "count", "flag", "json")
_STYLES = {
    "plain": Style(),
    "with offset": Style(plain=False, has_offset=True),
    "day first": Style(plain=False, date_order="dmy"),
    "month first": Style(plain=False, date_order="mdy"),
    "comma": Style(plain=False, decimal=","),
}
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
    '{"a":"\\u0000"}', "[]", "{}",
)  # fmt: skip
_WORDS = (
    "Product Added", "productAdded", "  Order Completed ", "ORDER_PLACED", "!?", "Größe", "İstanbul", "\u1c89", "\ua7cb", "\U0002ebf0", "ß", "日本", "Belgique",
    "gb", "USD", "eur", "sales@shop.example", "Ada@Example.COM ", "+44 20 7946 0958", "0044123456789", "yes", "N", "unsubscribed", "'=1+1", "a\x00b", "\n",
)  # fmt: skip


def _expressions() -> dict[str, ir.Value]:
    """By what they are called in a failure."""
    made: dict[str, ir.Value] = {f"as {c}": T.try_cast(c) for c in _CASTS}
    made["as an instant"] = T.try_cast("timestamp('UTC')").cast("timestamp(6)")
    made |= {f"{k}, {name}": read(T, k, style, "Europe/London").cast(TYPES[k]) for k in _KINDS for name, style in _STYLES.items()}
    made |= {path: json_extract_string(read(T, "json", Style(), "UTC"), path) for path in _PATHS}
    made |= {f"{name} in all": v for how in (date_evidence, number_evidence) for name, v in how(T).items()}
    made |= {"lower": T.lower(), "upper": T.upper(), "country": country(T), "is a code": is_code(T), "length": T.length()}
    made |= {"inside": T.substr(1, T.length() - ibis.ifelse(T.length() < 2, 0, 2)), "replaced": T.replace('"', '\\"')}
    money = T.try_cast("decimal(18, 6)")
    made["minor"] = minor(money, OTHER.upper())
    made["product"] = (money * OTHER.try_cast("decimal(18, 3)")).cast("decimal(38, 9)")
    made["whole"] = money.try_cast("int64")
    made["difference"] = (money - OTHER.try_cast("decimal(18, 3)")).cast("decimal(38, 9)")
    made["is large"] = money.abs() < 1_000_000_000_000
    made |= {f"{c} as text": T.try_cast(c).cast("string") for c in _CASTS if c != "float64"}
    made["an instant as text"] = T.try_cast("timestamp('UTC')").cast("timestamp(6)").cast("string")
    made["kind"] = kind(spelled(TEXTS, "text"))
    return made


EXPRESSIONS = _expressions()


def _differing(texts: list[tuple[str | None, str | None]]) -> list[str]:
    rows = pa.table([pa.array([t[n] for t in texts], pa.string()) for n in (0, 1)], ["text", "other"])
    STORE.fill("texts", rows.to_reader())
    FEW.fill("texts", rows.to_reader())
    return [name for name in EXPRESSIONS if not _is_same(name)]


def _is_same(name: str) -> bool:
    asked = _asked(name)
    try:
        here = FEW.query(asked)
    except UnsupportedError:
        return True
    return here.equals(STORE.query(asked))


def _asked(name: str) -> ir.Table:
    value = EXPRESSIONS[name]
    if name == "kind":
        return spelled(TEXTS, "text").select(v=value)
    return TEXTS.agg(v=value) if name.endswith("in all") else TEXTS.select(v=value)
