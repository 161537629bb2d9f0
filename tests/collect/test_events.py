from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.collect import events
from patron.collect.vocabulary import WORDS, kind_of
from sources.loaded import DATA

if TYPE_CHECKING:
    from collections.abc import Sequence


def kinds(names: Sequence[str]) -> list[str]:
    store = DuckDBEngine(threads=1)
    store.connection.execute("CREATE TABLE names AS SELECT unnest(?::VARCHAR[]) AS name", [list(names)])
    rows = events.spelled(ibis.table({"name": "string"}, name="names"), "name")
    return [r["kind"] for r in store.query(rows.select(kind=events.kind(rows))).to_pylist()]


def test_the_words_are_those_of_the_specification() -> None:
    spec = json.loads((DATA / "segment_spec/ecommerce_v2.json").read_text(encoding="utf-8"))
    assert {e["event"] for e in spec} == {w.name for w in WORDS}
    for event in spec:
        own = next(w for w in WORDS if w.name == event["event"])
        old = [name for said in event["aliases"] for name in re.findall(r"aliased to the (.+?) event", said)]
        assert len(old) == len(event["aliases"])
        assert set(kinds([*old, event["event"]])) == {kind_of(own.name)}


def test_old_names_mean_the_same() -> None:
    assert kinds(["Added Product", "Completed Order", "Viewed Product Category", "Started Order"]) == [
        "product_added", "order_completed", "product_list_viewed", "checkout_started",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["Product Added", "product added", "PRODUCT ADDED", "productAdded", "PRODUCT_ADDED", "productadded", " ProDuct-adDed "]
)
def test_case_and_what_stands_between_do_not_matter(name: str) -> None:
    assert kinds([name]) == ["product_added"]


def test_a_name_of_the_shops_own_stays() -> None:
    assert kinds(["Chair Tested", "Newsletter Signed Up", "!!"]) == ["chair_tested", "newsletter_signed_up", "!!"]


@settings(deadline=None, max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from([n for w in WORDS for n in (w.name, *w.old_names)]), st.sampled_from("ulst")), min_size=1, max_size=20
    )
)
def test_any_case_of_a_known_name_is_recognised(drawn: list[tuple[str, str]]) -> None:
    change = {"u": str.upper, "l": str.lower, "s": str.swapcase, "t": str.title}
    assert kinds([change[how](name) for name, how in drawn]) == kinds([name for name, _ in drawn])
