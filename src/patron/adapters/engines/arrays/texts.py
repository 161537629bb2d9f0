"""Functions of texts."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import ibis.expr.operations as ops
import pyarrow as pa
import pyarrow.compute as pc

from patron.adapters.engines.arrays.columns import INSTANT, any_of, as_array
from patron.kernel.errors import UnsupportedError
from patron.kernel.ids import derived

if TYPE_CHECKING:
    from collections.abc import Callable

    from patron.adapters.engines.arrays.columns import Column

_PLAIN = (pa.types.is_boolean, pa.types.is_date32, pa.types.is_string, pa.types.is_null)
_PLACES = 6  # of a decimal that is written without an exponent
_FIRST, _LAST = (pa.scalar(datetime(year, 1, 1), INSTANT) for year in (1, 9999))  # noqa: DTZ001  # tables hold UTC without a zone
_BLANKS = " \t\n\r\v\f"


def written(column: Column) -> Column:
    """Values as texts, as the embedded engine writes them.

    Raises:
        UnsupportedError: engines may write them differently.
    """
    kind = column.type
    if pa.types.is_timestamp(kind):
        return _instants(column)
    is_number = pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale <= _PLACES)
    if not (is_number or any(is_so(kind) for is_so in _PLAIN)):
        raise UnsupportedError(f"{kind} as text")
    return column.cast(pa.string())


def _instants(column: Column) -> Column:
    """Instants as texts; a fraction of a second is written without zeros at its end."""
    if any_of(column, lambda at: pc.or_(pc.less(at, _FIRST), pc.greater_equal(at, _LAST))):
        raise UnsupportedError("an instant of an unusual year as text")
    whole = pc.replace_substring_regex(column.cast(INSTANT).cast(pa.string()), r"\.0{6}$", "")
    return pc.replace_substring_regex(whole, r"(\.\d*[1-9])0+$", r"\1")


def starts_with(text: Column, start: Column) -> Column:
    """Whether texts begin so."""
    return pc.starts_with(text, one(start))


def ends_with(text: Column, end: Column) -> Column:
    """Whether texts end so."""
    return pc.ends_with(text, one(end))


def contains(text: Column, part: Column) -> Column:
    """Whether texts hold a part."""
    return pc.match_substring(text, one(part))


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
    """The part of texts from a place on, counted from 0; to their end if no length is given.

    Raises:
        UnsupportedError: a place is before the first.
    """
    if isinstance(start, pa.Array) or isinstance(length, pa.Array):
        return _parts(text, start, length)
    begins = one(start)
    return pc.utf8_slice_codeunits(text, begins, None if length is None else begins + one(length))


def _parts(text: Column, start: Column, length: Column | None) -> pa.Array:
    """Parts from a place, or of a length, of their own each."""
    given = [start] if length is None else [start, length]
    if any(any_of(g, lambda n: pc.less(n, 0)) for g in given):
        raise UnsupportedError("a part of texts from before their beginning, or of less than nothing")
    size = next(len(c) for c in (text, *given) if isinstance(c, pa.Array))
    texts, starts = (as_array(c, size).to_pylist() for c in (text, start))
    if length is None:
        return pa.array([None if t is None or at is None else t[at:] for t, at in zip(texts, starts, strict=True)], pa.string())
    rows = zip(texts, starts, as_array(length, size).to_pylist(), strict=True)
    return pa.array([None if t is None or at is None or n is None else t[at : at + n] for t, at, n in rows], pa.string())


def last(text: Column, length: Column) -> Column:
    """So many letters at the end of texts."""
    return pc.utf8_slice_codeunits(text, -one(length), None)


def stripped(text: Column) -> Column:
    """Texts without blanks around them."""
    return pc.utf8_trim(text, _BLANKS)


def exchanged(text: Column, pattern: Column, by: Column) -> Column:
    """Texts with all that is written so replaced."""
    if not one(pattern):
        raise UnsupportedError("an empty text to be replaced")
    return pc.replace_substring(text, one(pattern), one(by))


def found(node: ops.StringFind) -> tuple[Callable[..., Column], tuple[ops.Node, ...]]:
    """The place of a part in a text, counted from 0; -1 where it is not in it."""
    if node.start is not None or node.end is not None or not isinstance(node.arg, ops.Literal):
        raise UnsupportedError("a search for a part of other texts than one")
    within = str(node.arg.value)
    return (lambda text: each(text, within.find, pa.int64())), (node.substr,)


def padded(text: Column, length: Column, filling: Column) -> Column:
    """Texts of a length, filled from the left, or cut at the right."""
    return pc.utf8_slice_codeunits(pc.utf8_lpad(text, one(length), one(filling)), 0, one(length))


def digest(how: str) -> Callable[[Column], Column]:
    """The digest of texts, in lower-case hexadecimal digits."""
    return lambda text: each(text, lambda t: hashlib.new(how, t.encode()).hexdigest(), pa.string())


def hash63(text: Column) -> Column:
    """The numbers that `kernel.ids.derived` makes of texts."""
    return each(text, derived, pa.int64())


def one(argument: Column) -> Any:  # noqa: ANN401  # a text or a number
    """An argument that is the same for all rows."""
    if not isinstance(argument, pa.Scalar):
        raise UnsupportedError("a function of texts whose argument is a column")
    return argument.as_py()


def each(text: Column, function: Callable[[str], Any], kind: pa.DataType) -> Column:
    """A function of texts, worked out once for equal ones; null of null."""
    if isinstance(text, pa.Scalar):
        return pa.scalar(function(text.as_py()) if text.is_valid else None, kind)
    words = text.dictionary_encode()
    made = pa.array([function(t) for t in words.dictionary.to_pylist()], kind)
    return made.take(words.indices)


def _told(pattern: ops.Value) -> str:
    if not isinstance(pattern, ops.Literal):
        raise UnsupportedError("a pattern of a column")
    return str(pattern.value)
