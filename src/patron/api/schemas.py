"""Schemas of answers, in the words of JSON Schema: short ways to write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from patron.kernel.tables import Column, Kind

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
CUSTOMER: Schema = {"type": "string", "pattern": "^cus_"}
ANYTHING: Schema = {"type": "object", "additionalProperties": True}


def fields(**of: Schema) -> Schema:
    """An object with these fields, all of them there."""
    return {"type": "object", "properties": of, "required": list(of), "additionalProperties": False}


def many(of: Schema) -> Schema:
    """A list of these."""
    return {"type": "array", "items": of}


def or_null(of: Schema) -> Schema:
    """This, or null where it is not known."""
    return {"anyOf": [of, {"type": "null"}]}


def of_columns(columns: Iterable[Column]) -> dict[str, Schema]:
    """The values of columns, by their names."""
    return {c.name: _BY_KIND[c.kind] if c.required else or_null(_BY_KIND[c.kind]) for c in columns}


MONEY = fields(amount=TEXT, currency=TEXT)
PROBLEM = fields(where=TEXT, found=TEXT, expected=TEXT, hint=TEXT)
ERROR = fields(error=TEXT, problems=many(PROBLEM))
SPREAD = or_null(fields(p50=NUMBER, p99=NUMBER))
_BY_KIND: Mapping[Kind, Schema] = {
    "id": TEXT, "text": TEXT, "count": COUNT, "flag": {"type": "boolean"}, "money": MONEY, "instant": INSTANT,
}  # fmt: skip
