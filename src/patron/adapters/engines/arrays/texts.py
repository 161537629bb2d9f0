"""Functions of texts."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

import ibis.expr.operations as ops
import pyarrow as pa
import pyarrow.compute as pc

from patron.kernel.errors import UnsupportedError
from patron.kernel.ids import derived

if TYPE_CHECKING:
    from collections.abc import Callable

    from patron.adapters.engines.arrays.columns import Column


def starts_with(text: Column, start: Column) -> Column:
    """Whether texts begin so."""
    return pc.starts_with(text, _one(start))


def ends_with(text: Column, end: Column) -> Column:
    """Whether texts end so."""
    return pc.ends_with(text, _one(end))


def contains(text: Column, part: Column) -> Column:
    """Whether texts hold a part."""
    return pc.match_substring(text, _one(part))


def searched(text: Column, pattern: Column) -> Column:
    """Whether a pattern is found in texts."""
    return pc.match_substring_regex(text, _one(pattern))


def like(pattern: ops.Value, escape: str | None) -> Callable[[Column], Column]:
    """Whether texts are like a pattern, in which `%` stands for any text and `_` for any character."""
    told = _told(pattern)
    parts: list[str] = []
    letters = iter(told)
    for letter in letters:
        if letter == escape:
            parts.append(re.escape(next(letters, "")))
        else:
            parts.append({"%": "(?s:.*)", "_": "(?s:.)"}.get(letter) or re.escape(letter))
    whole = "^" + "".join(parts) + r"\z"
    return lambda text: pc.match_substring_regex(text, whole)


def part(text: Column, start: Column, length: Column | None = None) -> Column:
    """The part of texts from a place on, counted from 0; to their end if no length is given."""
    begins = _one(start)
    return pc.utf8_slice_codeunits(text, begins, None if length is None else begins + _one(length))


def padded(text: Column, length: Column, filling: Column) -> Column:
    """Texts of a length, filled from the left, or cut at the right."""
    return pc.utf8_slice_codeunits(pc.utf8_lpad(text, _one(length), _one(filling)), 0, _one(length))


def digest(how: str) -> Callable[[Column], Column]:
    """The digest of texts, in lower-case hexadecimal digits."""
    return lambda text: _each(text, lambda t: hashlib.new(how, t.encode()).hexdigest(), pa.string())


def hash63(text: Column) -> Column:
    """The numbers that `kernel.ids.derived` makes of texts."""
    return _each(text, derived, pa.int64())


def _one(argument: Column) -> Any:  # noqa: ANN401  # a text or a number
    """An argument that is the same for all rows."""
    if not isinstance(argument, pa.Scalar):
        raise UnsupportedError("a function of texts whose argument is a column")
    return argument.as_py()


def _each(text: Column, function: Callable[[str], Any], kind: pa.DataType) -> Column:
    if isinstance(text, pa.Scalar):
        return pa.scalar(function(text.as_py()) if text.is_valid else None, kind)
    words = text.dictionary_encode()
    made = pa.array([function(t) for t in words.dictionary.to_pylist()], kind)
    return made.take(words.indices)


def _told(pattern: ops.Value) -> str:
    if not isinstance(pattern, ops.Literal):
        raise UnsupportedError("a pattern of a column")
    return str(pattern.value)
