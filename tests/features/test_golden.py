"""Every feature that is offered to people has a value worked by hand."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from features.shops import Answers, answers, read_shop
from patron.features.catalog import BUILT_IN

if TYPE_CHECKING:
    from patron.kernel.tables import Kind

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
WORKED: dict[str, list[Any]] = tomllib.loads((GOLDEN / "features.toml").read_text(encoding="utf-8"))
PEOPLE = ("ann", "bob", "cat", "dan")


@pytest.fixture(scope="module")
def shop() -> Answers:
    return answers(*read_shop(GOLDEN / "feature_shop.toml"))


def test_every_visible_feature_has_a_golden_value() -> None:
    """But those that models give: `runtime/test_predicting` compares them with the models."""
    assert {f.name for f in BUILT_IN.visible() if f.family != "predictions"} == set(WORKED)


@pytest.mark.parametrize("name", WORKED)
def test_feature_is_what_a_person_works_out(name: str, shop: Answers) -> None:
    *values, _why = WORKED[name]
    kind = BUILT_IN[name].kind
    found = {who: shop[who][name] for who in PEOPLE}
    expected = {who: _worked(kind, value) for who, value in zip(PEOPLE, values, strict=True)}
    assert found == expected


def _worked(kind: Kind, value: object) -> object:
    if value == "?":
        return None
    if kind == "instant":
        return datetime.fromisoformat(str(value)).replace(tzinfo=UTC).replace(tzinfo=None)
    if kind in {"number", "share", "mean_money", "quantity"}:
        total = sum(_fraction(term) for term in str(value).split("+"))
        return pytest.approx(float(total), rel=1e-12) if kind != "quantity" else total
    return value


def _fraction(term: str) -> Fraction:
    above, _, below = term.partition("/")
    return Fraction(above.strip()) / Fraction(below.strip() or "1")
