"""The page of settings."""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from patron.app.config import Config
from tools.reference.markdown import block, code, document, sentence, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false", type(None): "not set"}
_ATTRIBUTE = re.compile(r"^    (\w+): (.+(?:\n {8,}.+)*)", re.MULTILINE)


def page() -> str:
    """The page."""
    groups = list(_groups("", Config()))
    return document(
        "Settings",
        "Everything that can be said in a project's `patron.toml`. What is not said has the value shown here; a name that is not known "
        "is an error with the nearest right name. The environment variable `PATRON_PROJECT` names the "
        "project's folder where `--project` does not.",
        "A whole file with every setting at its default:",
        block("\n\n".join(_defaults(name, values) for name, values in groups), "toml"),
        *[_section(name, values) for name, values in groups],
    )


def _groups(name: str, values: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """Every table of the file with its values, in order."""
    inner = [(f.name, getattr(values, f.name)) for f in dataclasses.fields(values)]
    if any(not dataclasses.is_dataclass(value) for _, value in inner):
        yield name, values
    for key, value in inner:
        if dataclasses.is_dataclass(value):
            yield from _groups(f"{name}.{key}" if name else key, value)


def _plain(values: Any) -> list[dataclasses.Field[Any]]:  # noqa: ANN401
    return [f for f in dataclasses.fields(values) if not dataclasses.is_dataclass(getattr(values, f.name))]


def _section(name: str, values: Any) -> str:  # noqa: ANN401
    hints = get_type_hints(type(values))
    said = inspect.getdoc(type(values)) or ""
    meanings = dict(_ATTRIBUTE.findall(said))
    rows = [
        (
            code(f.name),
            _kind(hints[f.name]),
            code(_toml(getattr(values, f.name))),
            sentence(str(f.metadata.get("meaning") or meanings.get(f.name, ""))) + _range(f.metadata),
        )
        for f in _plain(values)
    ]
    lead = sentence(said.partition("\n\n")[0])
    return f"## `[{name}]`\n\n{lead}\n\n" + table(("setting", "value", "default", "meaning"), rows)


def _defaults(name: str, values: Any) -> str:  # noqa: ANN401
    lines = [f"{f.name} = {said}" if (said := _toml(getattr(values, f.name))) else f"# {f.name} =" for f in _plain(values)]
    return "\n".join([f"[{name}]", *lines])


def _kind(hint: object) -> str:
    if get_origin(hint) is Literal:
        return ", ".join(code(c) for c in get_args(hint))
    if isinstance(hint, types.UnionType):
        return " or ".join(_kind(a) for a in get_args(hint))
    if get_origin(hint) is tuple:
        return f"list of {_kind(get_args(hint)[0])}s"
    return _WORDS.get(hint, str(hint)) if isinstance(hint, type) else str(hint)


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case tuple() | list():
            return "[" + ", ".join(_toml(v) for v in value) + "]"
        case None:
            return ""
        case _:
            return str(value)


def _range(metadata: Mapping[str, Any]) -> str:
    low, high = metadata.get("low"), metadata.get("high")
    if low is None and high is None:
        return ""
    return f" From {low} to {high}." if high is not None else f" At least {low}."
