from __future__ import annotations

import ibis
from hypothesis import given, settings
from hypothesis import strategies as st

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.kernel.ids import derived, hash63, number_of, shown

_ENGINE = DuckDBEngine(threads=1)
_ENGINE.connection.execute("CREATE TABLE texts (text VARCHAR)")
_TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=40)


@given(_TEXTS)
@settings(deadline=None)
def test_python_and_the_engine_derive_the_same_id(text: str) -> None:
    _ENGINE.connection.execute("DELETE FROM texts")
    _ENGINE.connection.execute("INSERT INTO texts VALUES (?)", [text])
    texts = ibis.table({"text": "string"}, name="texts")
    assert _ENGINE.query(texts.select(id=hash63(texts.text))).to_pylist() == [{"id": derived(text)}]


def test_parts_of_a_name_do_not_run_into_each_other() -> None:
    assert derived("ab", "c") != derived("a", "bc")


@given(st.integers(0, 2**63 - 1))
def test_shown_id_reads_back(number: int) -> None:
    assert number_of(shown("cus", number), "cus") == number


def test_other_text_is_no_id() -> None:
    assert number_of("12747", "cus") is None
    assert number_of("ord_0000000000001", "cus") is None
