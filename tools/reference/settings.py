"""The page of settings."""

from __future__ import annotations

import dataclasses
import inspect
import types
from typing import Any, Literal, get_args, get_origin, get_type_hints

from patron.app.config import Config
from tools.reference.markdown import block, code, document, sentence, table

_WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false", type(None): "not set"}


def page() -> str:
    """The page."""
    hints = get_type_hints(Config)
    groups = [f.name for f in dataclasses.fields(Config)]
    return document(
        "Settings",
        "Everything that can be said in a project's `patron.toml`. What is not said has the value shown here; a name that is not known "
        "is an error with the nearest right name. The environment variable `PATRON_PROJECT` names the "
        "project's folder where `--project` does not.",
        "A whole file with every setting at its default:",
        block("\n\n".join(_defaults(name, hints[name]) for name in groups), "toml"),
        *[_section(name, hints[name]) for name in groups],
    )


def _section(name: str, of: type[Any]) -> str:
    hints = get_type_hints(of)
    rows = [
        (code(f.name), _kind(hints[f.name]), code(_toml(f.default)), sentence(str(f.metadata.get("meaning", ""))) + _range(f.metadata))
        for f in dataclasses.fields(of)
    ]
    return f"## `[{name}]`\n\n{inspect.getdoc(of)}\n\n" + table(("setting", "value", "default", "meaning"), rows)


def _defaults(name: str, of: type[Any]) -> str:
    lines = [f"{f.name} = {said}" if (said := _toml(f.default)) else f"# {f.name} =" for f in dataclasses.fields(of)]
    return "\n".join([f"[{name}]", *lines])


def _kind(hint: object) -> str:
    if get_origin(hint) is Literal:
        return ", ".join(code(c) for c in get_args(hint))
    if isinstance(hint, types.UnionType):
        return " or ".join(_kind(a) for a in get_args(hint))
    if get_origin(hint) is tuple:
        return "list"
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


def _range(metadata: Any) -> str:  # noqa: ANN401
    low, high = metadata.get("low"), metadata.get("high")
    if low is None and high is None:
        return ""
    return f" From {low} to {high}." if high is not None else f" At least {low}."
