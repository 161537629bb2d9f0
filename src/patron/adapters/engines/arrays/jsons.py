"""Texts that hold JSON. What two engines could write differently, such as numbers with a fraction, is left to the other one."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import msgspec
import pyarrow as pa

from patron.adapters.engines.arrays.texts import each
from patron.kernel.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from patron.adapters.engines.arrays.columns import Column

    Steps = Sequence[str | int]

_PATH = re.compile(r"\$(?:\.[A-Za-z_]\w*|\[\d+\])+", re.ASCII)
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]", re.ASCII)
_LENIENT = re.compile(r"\s*(?:[\[{\ufeff]|[-+]?(?:nan|inf))", re.IGNORECASE)  # engines may take for JSON what is not quite
_UNSURE = object()


class Decoded(ops.Unary):
    """What the JSON of texts says, worked out once for all that is read of it."""

    dtype = dt.json


class Said(NamedTuple):
    """What texts say: of each row, or the one thing that all rows share."""

    values: list[Any]
    is_one: bool


def valid(text: Column) -> Column:
    """Whether texts are JSON."""
    return each(text, _is_valid, pa.bool_())


def at(node: Any) -> tuple[Callable[..., Column], tuple[ops.Node, ...]]:  # noqa: ANN401  # a function that only the engine of files has
    """The text at a path of JSON texts; null where there is nothing.

    Raises:
        UnsupportedError: it is no plain path, or there are several.
    """
    text, path = node.__args__
    if not isinstance(path, ops.Literal) or not isinstance(path.value, str) or not _PATH.fullmatch(path.value):
        raise UnsupportedError("such a path in JSON")
    steps = [name or int(place) for name, place in _STEP.findall(path.value)]
    return partial(_read, steps=steps), (Decoded(text),)


def decoded(text: Column) -> Said:
    """What each text says.

    Raises:
        UnsupportedError: a text is no JSON.
    """
    if isinstance(text, pa.Scalar):
        return Said([_decoded(text.as_py())], is_one=True)
    if text.null_count == len(text):
        return Said([None] * len(text), is_one=False)
    return Said([_decoded(one) for one in text.to_pylist()], is_one=False)


def _read(told: Said, *, steps: Steps) -> Column:
    found = [None if one is None else _text(one, steps) for one in told.values]
    return pa.scalar(found[0], pa.string()) if told.is_one else pa.array(found, pa.string())


def _text(told: Any, steps: Steps) -> str | None:  # noqa: ANN401  # anything that JSON can say
    for step in steps:
        if isinstance(told, dict) and isinstance(step, str):
            told = told.get(step)
        elif isinstance(told, list) and isinstance(step, int):
            told = told[step] if step < len(told) else None
        else:
            return None
    if told is None or isinstance(told, str):
        return told
    if isinstance(told, bool):
        return "true" if told else "false"
    raise UnsupportedError("the text of a value in JSON")


def _decoded(text: str | None) -> Any:  # noqa: ANN401
    if text is None:
        return None
    if _may_be_half_a_letter(text):
        raise UnsupportedError("half a letter in JSON")
    try:
        return json.loads(text, object_pairs_hook=_first_of_each, parse_int=_whole, parse_float=_unsure, parse_constant=_unsure)
    except (ValueError, RecursionError) as error:
        raise UnsupportedError("a text that is no JSON") from error


def _first_of_each(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; of members with one name the first counts."""
    return dict(reversed(members))


def _whole(digits: str) -> str:
    return "0" if digits == "-0" else digits


def _unsure(_: str) -> object:
    return _UNSURE


def _is_valid(text: str) -> bool:
    if _may_be_half_a_letter(text):
        raise UnsupportedError("half a letter in JSON")
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        return _not_even_nearly(text, error)
    return True


def _not_even_nearly(text: str, error: Exception) -> bool:
    if _LENIENT.match(text):
        raise UnsupportedError("a text that is nearly JSON") from error
    return False


def _may_be_half_a_letter(text: str) -> bool:
    r"""Whether it has one of the escapes \uD800 to \uDFFF, of which only pairs are a letter."""
    return "\\ud" in text or "\\uD" in text
