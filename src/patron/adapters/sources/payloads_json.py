"""Values inside the JSON of payloads, as expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.collect.parsing import in_calendar, nested

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir

_AMOUNT = "decimal(18, 6)"
_NOTHING = ibis.literal([], type="array<string>")


@ibis.udf.scalar.builtin(name="json_extract_string", signature=(("string", "array<string>"), "array<string>"))
def _at(json, paths):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """The texts at several paths of a JSON text."""


@ibis.udf.scalar.builtin(name="json_extract_string", signature=(("string", "string"), "array<string>"))
def _each(json, path):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """The texts at a path with a * of a JSON text."""


@ibis.udf.scalar.builtin(name="regexp_extract_all", signature=(("string", "string", "int32"), "array<string>"))
def all_matches(text, pattern, group):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """A group of every match of a pattern."""


@ibis.udf.scalar.builtin(name="json_merge_patch", signature=(("string", "string"), "string"))
def _patched(json, patch):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """A JSON object with the members of another over its own; those that are null there are taken out."""


def texts_at(json: ir.StringValue, paths: Sequence[str]) -> ir.ArrayValue:
    """The texts at several paths, such as "customer.email", of a JSON text."""
    return _at(nested(json), ibis.array([ibis.literal(_path(p)) for p in paths]))


def text_at(json: ir.StringValue, *paths: str) -> ir.StringValue:
    """The text at the first of some paths at which a JSON text has one; blank is null."""
    found = texts_at(json, paths)
    return ibis.coalesce(*(found[n].strip().nullif("") for n in range(len(paths))))


def instant(text: ir.StringValue) -> ir.TimestampValue:
    """An instant as computers write it; without an offset it is UTC."""
    plain = ibis.ifelse(text.re_search(r"^\d{4}-\d{2}-\d{2}"), text, ibis.null("string"))
    return in_calendar(plain.try_cast("timestamp('UTC')").cast("timestamp(6)"))


def each(json: ir.StringValue, path: str = "") -> ir.ArrayValue:
    """The JSON texts of the list at a path of a JSON text, itself by default; empty where there is none."""
    return ibis.coalesce(_each(nested(json), _path(path) + "[*]"), _NOTHING)


def texts_of(json: ir.StringValue, path: str, name: str) -> ir.ArrayValue:
    """The texts of that name in the list at a path of a JSON text; what has none is left out."""
    return ibis.coalesce(_each(nested(json), f"{_path(path)}[*]{_path(name)[1:]}"), _NOTHING)


def number_with(json: ir.StringValue, name: str) -> ir.IntegerValue:
    """How many in the list that a JSON text is have a text of that name which is not blank."""
    return ibis.coalesce(all_matches(texts_of(json, "", name).join("\x1f"), r"[^\x1f]*[^\x1f\s][^\x1f]*", 0).length(), 0)


def amounts_of(json: ir.StringValue, path: str, name: str) -> ir.ArrayValue:
    """The amounts of that name in the list at a path of a JSON text; empty where there is none."""
    return texts_of(json, path, name).try_cast(f"array<{_AMOUNT}>")


def sum_of(json: ir.StringValue, path: str, name: str) -> ir.DecimalValue:
    """The sum of the amounts of that name in the list at a path of a JSON text; 0 where there are none."""
    total = amounts_of(json, path, name).sums()
    return ibis.coalesce(total.try_cast(_AMOUNT), ibis.literal(0).cast(_AMOUNT))


def without(json: ir.StringValue, patch: str) -> ir.StringValue:
    """A JSON object without the members that are null in another one."""
    return _patched(nested(json), patch).nullif("{}")


def _path(path: str) -> str:
    names = (part.partition("[") for part in path.split(".") if part)
    return "$" + "".join(f'."{name}"{bracket}{place}' for name, bracket, place in names)
