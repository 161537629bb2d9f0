"""Texts that hold JSON. What two engines could write differently, such as very large numbers, is left to the other one."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import msgspec
import pyarrow as pa

from patron.adapters.engines.arrays.texts import each
from patron.kernel.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from patron.adapters.engines.arrays.columns import Built, Column

    Steps = Sequence[str | int]

_PATH = re.compile(r'\$(?:\.[A-Za-z_]\w*|\."[A-Za-z_][\w -]*"|\[\d+\]|\[\*\])+', re.ASCII)
_STEP = re.compile(r'\."?([\w -]+)"?|\[(\d+)\]|\[(\*)\]', re.ASCII)
_CONTROLS = re.compile(r"[\0-\x07\x0b\x0e-\x1f]")
_LEAST, _MOST = 1e-4, 1e16
"""Numbers with a fraction between these are written by all without an exponent."""
_LENIENT = re.compile(r"\s*(?:[\[{\ufeff]|[-+]?(?:nan|inf))", re.IGNORECASE)  # engines may take for JSON what is not quite
_UNSURE, _ANY, _TEXTS = object(), "*", pa.list_(pa.string())


class _Number(str):
    """The digits of a number."""

    __slots__ = ()


class _Twice(dict[str, Any]):
    """An object that has members of one name."""


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


def at(node: Any) -> Built:  # noqa: ANN401  # a function that only the engine of files has
    """The text at a path of JSON texts, null where there is nothing; the list of those at several, or wherever a path with a * leads.

    Raises:
        UnsupportedError: it is no plain path.
    """
    text, path = node.__args__
    read: Callable[[Any], object]
    if isinstance(path, ops.Array):
        read, kind = partial(_texts, paths=[_steps(one) for one in path.exprs]), _TEXTS
    elif _ANY in (steps := _steps(path)):
        read, kind = partial(_every, steps=steps), _TEXTS
    else:
        read, kind = partial(_text, steps=steps), pa.string()
    return partial(_read, function=read, kind=kind), (Decoded(text),)


def patched(node: Any) -> Built:  # noqa: ANN401  # a function that only the engine of files has
    """JSON objects changed by another one, as RFC 7386 says: by its members, and without those that are null in it.

    Raises:
        UnsupportedError: the other one is of a column, or no object.
    """
    text, patch = node.__args__
    members = _decoded(patch.value) if isinstance(patch, ops.Literal) else None
    if not isinstance(members, dict):
        raise UnsupportedError("such a change of a JSON object")

    def changed(told: Any) -> str:  # noqa: ANN401
        """What is no object becomes the change itself."""
        return _as_json(_changed(told, members) if isinstance(told, dict) else members)

    return partial(_read, function=changed, kind=pa.string(), null=_as_json(members)), (Decoded(text),)


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


def _steps(path: ops.Node) -> Steps:
    """The names and places that lead to something in JSON.

    Raises:
        UnsupportedError: it is no plain path.
    """
    if not isinstance(path, ops.Literal) or not isinstance(path.value, str) or not _PATH.fullmatch(path.value):
        raise UnsupportedError("such a path in JSON")
    return [name or any_ or int(place) for name, place, any_ in _STEP.findall(path.value)]


def _read(told: Said, *, function: Callable[[Any], Any], kind: pa.DataType, null: str | None = None) -> Column:
    found = [null if one is None else function(one) for one in told.values]
    return pa.scalar(found[0], kind) if told.is_one else pa.array(found, kind)


def _text(told: Any, steps: Steps) -> str | None:  # noqa: ANN401  # anything that JSON can say
    return next((_written(one) for one in _wherever(told, steps)), None)


def _texts(told: Any, paths: Sequence[Steps]) -> list[str | None]:  # noqa: ANN401
    return [_text(told, steps) for steps in paths]


def _every(told: Any, steps: Steps) -> list[str | None]:  # noqa: ANN401
    return [_written(one) for one in _wherever(told, steps)]


def _wherever(told: Any, steps: Steps) -> Iterator[Any]:  # noqa: ANN401
    """What stands where a path leads: nothing, one thing, or several where it has a *."""
    if not steps:
        yield told
        return
    step, *rest = steps
    if step == _ANY:
        for one in told if isinstance(told, list) else ():
            yield from _wherever(one, rest)
    elif (isinstance(told, dict) and step in told) or (isinstance(told, list) and isinstance(step, int) and step < len(told)):
        yield from _wherever(told[cast("Any", step)], rest)


def _written(told: Any) -> str | None:  # noqa: ANN401
    """Something as a text: a word without quotes, all else as JSON."""
    return told if told is None or isinstance(told, str) else _as_json(told)


def _as_json(told: Any) -> str:  # noqa: ANN401
    """JSON as the embedded engine writes it.

    Raises:
        UnsupportedError: it may write it otherwise.
    """
    _refuse_twice(told)
    if isinstance(told, dict):
        return "{" + ",".join(f"{_as_json(name)}:{_as_json(value)}" for name, value in told.items()) + "}"
    if isinstance(told, list):
        return "[" + ",".join(map(_as_json, told)) + "]"
    if isinstance(told, _Number):
        return told
    if told is _UNSURE or (isinstance(told, str) and _CONTROLS.search(told)):
        raise UnsupportedError("the text of a value in JSON")
    return json.dumps(told, ensure_ascii=False)


def _changed(told: Any, by: Any) -> Any:  # noqa: ANN401
    if not isinstance(by, dict):
        return by
    _refuse_twice(told)
    own = told if isinstance(told, dict) else {}
    rest = {name: value for name, value in own.items() if name not in by}
    return rest | {name: _changed(own.get(name), value) for name, value in by.items() if value is not None}


def _refuse_twice(told: Any) -> None:  # noqa: ANN401
    if isinstance(told, _Twice):
        raise UnsupportedError("members of one name as JSON")


def _decoded(text: str | None) -> Any:  # noqa: ANN401
    if text is None:
        return None
    if _may_be_half_a_letter(text):
        raise UnsupportedError("half a letter in JSON")
    try:
        return json.loads(text, object_pairs_hook=_first_of_each, parse_int=_whole, parse_float=_fraction, parse_constant=_unsure)
    except (ValueError, RecursionError) as error:
        raise UnsupportedError("a text that is no JSON") from error


def _first_of_each(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; of members with one name the first counts."""
    found = dict(members)
    return found if len(found) == len(members) else _Twice(reversed(members))


def _whole(digits: str) -> str:
    return _Number("0" if digits == "-0" else digits)


def _fraction(digits: str) -> object:
    number = float(digits)
    return _Number(repr(number)) if number == 0 or _LEAST <= abs(number) < _MOST else _UNSURE


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
