"""The page of the language: each example can be used, each name stands in it, each kind of event has its row."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from patron.features.catalog import BUILT_IN
from patron.segments.check import checked
from patron.segments.definition import Definition, read
from patron.segments.functions import SIGNATURES
from patron.segments.streams import SITE, STREAMS

PAGE = (Path(__file__).resolve().parents[2] / "docs/reference/segment-language.md").read_text(encoding="utf-8")
EXAMPLES = [c for block in re.findall(r"```condition\n(.*?)```", PAGE, re.DOTALL) for c in block.strip().split("\n\n")]
OTHERS = [Definition(s, where="order_count >= 2", file=s) for s in ("loyal", "at_risk")]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_can_be_used(example: str) -> None:
    found = checked([Definition("it", where=example, file="it"), *OTHERS], BUILT_IN, lists=["trade_fair"])
    assert not found.warnings


def test_the_file_that_is_shown_can_be_used() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert checked([read(text, slug="at_risk", where="at_risk.toml")], BUILT_IN).slugs == ("at_risk",)
    assert tomllib.loads(text).keys() <= set(re.findall(r"`(\w+)`", PAGE))


@pytest.mark.parametrize("name", SIGNATURES)
def test_every_function_stands_on_the_page(name: str) -> None:
    assert re.search(rf"`{name}[(`]|\b{name}\(", PAGE)


@pytest.mark.parametrize("name", SIGNATURES)
def test_the_example_of_a_signature_can_be_used(name: str) -> None:
    signature = SIGNATURES[name]
    example = f'sequence("a", {signature.example})' if name in ("step", "absent") else signature.example
    where = (
        f"first_order_at > {example}"
        if name == "date"
        else (f"net_revenue > {example}" if name in ("average", "typical", "percentile") else example)
    )
    where = f"{example} > 0" if signature.is_value and where == example else where
    checked([Definition("it", where=where, file="it"), *OTHERS], BUILT_IN, lists=["trade_fair"])


@pytest.mark.parametrize("kind", STREAMS)
def test_every_kind_of_event_has_its_columns_on_the_page(kind: str) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("|") and f"`{kind}`" in line)
    told = {c for c, k in STREAMS[kind].columns.items() if k != "id"}
    assert told <= set(re.findall(r"`(\w+)`", row))


def test_columns_of_other_events_stand_on_the_page() -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("| any other"))
    assert {c for c, k in SITE.columns.items() if k != "id"} == set(re.findall(r"`(\w+)`", row))
