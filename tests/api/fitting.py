"""Whether values fit schemas, of the part of JSON Schema that the read API's description uses."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "null": (type(None),),
}  # fmt: skip


def misfits(schema: dict[str, Any], value: Any, where: str = "$") -> Iterator[str]:
    """Where a value does not fit a schema."""
    if "anyOf" in schema:
        found = [list(misfits(one, value, where)) for one in schema["anyOf"]]
        yield from () if any(not one for one in found) else found[0]
        return
    kind = schema.get("type")
    if kind and (not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind in {"integer", "number"})):
        yield f"{where}: {value!r} is no {kind}"
    elif kind in _INSIDE:
        yield from _INSIDE[kind](schema, value, where)


def _of_object(schema: dict[str, Any], value: dict[str, Any], where: str) -> Iterator[str]:
    known = schema.get("properties", {})
    yield from (f"{where}.{name} is missing" for name in schema.get("required", ()) if name not in value)
    if schema.get("additionalProperties") is False:
        yield from (f"{where}.{name} is not described" for name in value if name not in known)
    for name in known.keys() & value.keys():
        yield from misfits(known[name], value[name], f"{where}.{name}")


def _of_array(schema: dict[str, Any], value: list[Any], where: str) -> Iterator[str]:
    for number, inner in enumerate(value):
        yield from misfits(schema["items"], inner, f"{where}[{number}]")


def _of_string(schema: dict[str, Any], value: str, where: str) -> Iterator[str]:
    if not re.search(schema.get("pattern", ""), value):
        yield f"{where}: {value!r} is not {schema['pattern']}"
    if schema.get("format") == "date-time":
        datetime.fromisoformat(value)


_INSIDE: dict[str, Callable[[dict[str, Any], Any, str], Iterator[str]]] = {"object": _of_object, "array": _of_array, "string": _of_string}
