"""The read API is described by the routes that answer, in OpenAPI 3.1."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from patron.api.openapi import document
from patron.api.reading_routes import BEGIN, ROUTES
from patron.api.routes import Parameter

_DOCUMENT: dict[str, Any] = json.loads(json.dumps(document(BEGIN, ROUTES)))
_OPERATIONS = {path: item["get"] for path, item in _DOCUMENT["paths"].items()}


def _references(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [r for inner in value.values() for r in _references(inner)]
    return [r for inner in value for r in _references(inner)] if isinstance(value, list) else []


def test_every_route_is_described_once_and_every_reference_leads_somewhere() -> None:
    assert list(_OPERATIONS) == [route.path for route in ROUTES]
    names = [operation["operationId"] for operation in _OPERATIONS.values()]
    assert len(set(names)) == len(names)
    for reference in _references(_DOCUMENT):
        place: Any = _DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
        assert place


@pytest.mark.parametrize("path", _OPERATIONS)
def test_every_place_in_a_path_and_every_parameter_is_described(path: str) -> None:
    told = _OPERATIONS[path]["parameters"]
    assert re.findall(r"\{(\w+)\}", path) == [p["name"] for p in told if p["in"] == "path"]
    assert all(p["description"] and p["schema"] for p in told)
    assert len({(p["name"], p["in"]) for p in told}) == len(told)
    assert {"200", "400", "401", "403", "404", "503"} == set(_OPERATIONS[path]["responses"])


@pytest.mark.parametrize(
    ("parameter", "text", "value"),
    [
        (Parameter("x", "", "count", default=5, low=1, high=9), "9", 9),
        (Parameter("x", "", "names", default=()), "a, b,,", ("a", "b")),
        (Parameter("x", "", "text"), "a,b", "a,b"),
    ],
)
def test_parameters_are_read(parameter: Parameter, text: str, value: object) -> None:
    assert parameter.read(text) == value
    assert parameter.schema


@pytest.mark.parametrize("text", ["0", "10", "-1", "x", "", "٣", "1e1", "9" * 30])
def test_counts_out_of_range_are_told(text: str) -> None:
    with pytest.raises(ValueError, match="a whole number from 1 to 9"):
        Parameter("x", "", "count", low=1, high=9).read(text)


def test_places_hold_what_was_meant_and_are_never_empty() -> None:
    route = next(r for r in ROUTES if r.name == "membership")
    assert route.parts(["", "customers", "a/b@c", "segments", "loyal"]) == {"identifier": "a/b@c", "segment": "loyal"}
    assert route.parts(["", "customers", "", "segments", "loyal"]) is None
    assert route.parts(["", "customers", "a"]) is None
