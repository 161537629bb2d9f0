"""Reading of TOML tables into frozen dataclasses: every unknown key, wrong type and value out of range is found, with the nearest name."""

from __future__ import annotations

import dataclasses
import types
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")

_WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false", list: "a list", dict: "a table"}


def setting(meaning: str, default: object, *, low: float | None = None, high: float | None = None) -> Any:  # noqa: ANN401
    """A documented field of a settings class.

    Args:
        meaning: one sentence for the reference page.
        default: its value when the file does not say.
        low: the smallest value allowed.
        high: the largest value allowed.
    """
    return dataclasses.field(default=default, metadata={"meaning": meaning, "low": low, "high": high})


def read_settings(base: T, given: Mapping[str, object], *, where: str, problems: list[Problem]) -> T:
    """Settings from a TOML table over those of `base`; what is wrong is appended to `problems` and left as it was."""
    hints = get_type_hints(type(base))
    fields = {f.name: f for f in dataclasses.fields(base)}  # type: ignore[arg-type]
    values: dict[str, object] = {}
    for key, value in given.items():
        place = f"{where}.{key}" if where else key
        if key not in fields:
            problems.append(Problem(place, str(value), "a known setting", did_you_mean(key, fields)))
        elif dataclasses.is_dataclass(hints[key]) and isinstance(value, dict):
            values[key] = read_settings(getattr(base, key), value, where=place, problems=problems)
        elif found := _wrong(value, hints[key], fields[key].metadata, place):
            problems.append(found)
        else:
            values[key] = _fitted(value, hints[key])
    try:
        return dataclasses.replace(base, **values)  # type: ignore[type-var]
    except InputError as error:
        problems.extend(error.problems)
        return base


def _wrong(value: object, hint: object, metadata: Mapping[str, Any], place: str) -> Problem | None:
    choices = _choices(hint)
    if choices:
        fits = value in choices
        expected = "one of " + ", ".join(map(str, choices))
        return None if fits else Problem(place, str(value), expected, did_you_mean(str(value), map(str, choices)))
    kind = _plain(hint)
    number = kind is float and isinstance(value, int) and not isinstance(value, bool)
    if not (number or (isinstance(value, kind) and not (kind is int and isinstance(value, bool)))):
        return Problem(place, str(value), _WORDS.get(kind, kind.__name__))
    low, high = metadata.get("low"), metadata.get("high")
    if isinstance(value, (int, float)) and ((low is not None and value < low) or (high is not None and value > high)):
        return Problem(place, str(value), f"a number from {low} to {high}" if high is not None else f"a number of at least {low}")
    return None


def _fitted(value: object, hint: object) -> object:
    if isinstance(value, list):
        return tuple(value)
    return float(value) if _plain(hint) is float and isinstance(value, int) else value


def _choices(hint: object) -> tuple[object, ...]:
    return get_args(hint) if get_origin(hint) is Literal else ()


def _plain(hint: object) -> type:
    if isinstance(hint, types.UnionType):
        hint = next(a for a in get_args(hint) if a is not type(None))
    origin = get_origin(hint)
    if origin is tuple:
        return list
    return origin or hint  # type: ignore[return-value]
