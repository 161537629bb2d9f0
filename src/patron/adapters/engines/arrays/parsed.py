"""Texts read as numbers and instants, and numbers in other types; null where that cannot be.

Only what every engine reads in the same way is read here, and only what none reads is null; the rest is left to another engine.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import ibis.expr.operations as ops
import pyarrow as pa
import pyarrow.compute as pc

from patron.adapters.engines.arrays.columns import INSTANT, cast_to, type_of
from patron.adapters.engines.arrays.decimals import rescaled
from patron.adapters.engines.arrays.lists import of_items
from patron.adapters.engines.arrays.texts import each
from patron.kernel.errors import UnsupportedError

if TYPE_CHECKING:
    from patron.adapters.engines.arrays.columns import Built, Column

_LONGEST = 60
_BLANKS = " \t\n\v\f\r"
_PLAIN = re.compile(r"([-+]?)(\d*)(?:\.(\d*))?", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
_OF_NUMBERS = re.compile(r"[\d.+\-]*", re.ASCII)
_OF_ODD_NUMBERS = re.compile(r"[\d.+\-eE_]*", re.ASCII)
_OF_ODD_WHOLE_NUMBERS = re.compile(r"[\d.+\-_a-fA-FxXoO]*", re.ASCII)
_DIGIT = re.compile(r"\d", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?(?:inf|nan)", re.IGNORECASE)
_DAY = r"(?:[1-9]\d{3}|0[1-9]\d{2}|00[1-9]\d|000[1-9])-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?"
_CLOCK = rf"^{_DAY}(?:[ T]{_TIME})?$"
_INSTANT = rf"^{_DAY}(?:[ T]{_TIME}(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)?)?$"
_NAMED_INSTANT = re.compile(r"[-+]?\s*(?:inf|epoch)", re.IGNORECASE)


def tried(node: ops.TryCast) -> Built:
    """Values in another type, null where they have no place in it.

    Raises:
        UnsupportedError: this is not known of the types.
    """
    of, wanted = node.arg.dtype, type_of(node.to)
    if of.is_array() and node.to.is_array() and of != node.to:
        function, _ = tried(ops.TryCast(ops.Unnest(node.arg), node.to.value_type))
        return partial(of_items, function), (node.arg,)
    if of.is_string() and node.to.is_timestamp():
        return partial(_instants, has_offset=node.to.timezone is not None), (node.arg,)
    if of.is_string() and (node.to.is_decimal() or node.to.is_integer() or node.to.is_floating()):
        return partial(_numbers, wanted=wanted), (node.arg,)
    if (of.is_decimal() or of.is_integer()) and (node.to.is_decimal() or wanted == pa.int64()):
        return partial(rescaled, wanted=wanted, may_fail=True), (node.arg,)
    if of == node.to:
        return (lambda v: cast_to(v, wanted)), (node.arg,)
    raise UnsupportedError(f"{of} as {node.to}, if possible")


def _numbers(text: Column, *, wanted: pa.DataType) -> Column:
    if pa.types.is_decimal(wanted):
        return _decimals(text, wanted)
    if pa.types.is_floating(wanted):
        return each(text, _float, wanted)
    most = 2 ** (wanted.bit_width - 1)
    return each(text, lambda t: _whole(t, most), wanted)


def _decimals(text: Column, wanted: pa.DataType) -> Column:
    scale, most = wanted.scale, 10**wanted.precision
    exact = each(text, lambda t: _units(t, scale, most), pa.decimal128(38, 0))
    return exact if exact.type == wanted else _as_units(exact, wanted)


def _as_units(whole: Column, wanted: pa.DataType) -> Column:
    """Whole numbers as so many of the smallest unit of a type."""
    if isinstance(whole, pa.Scalar):
        return _as_units(pa.array([whole.as_py()], whole.type), wanted)[0]
    return pa.Array.from_buffers(wanted, len(whole), whole.buffers(), whole.null_count, whole.offset)


def _units(text: str, scale: int, most: int) -> int | None:
    """How many of the smallest unit of so many places a text says."""
    bare = _of_usual_length(text)
    plain = _PLAIN.fullmatch(bare)
    if plain is None or not _DIGIT.search(bare):
        _refuse_odd(bare)
        return None
    sign, whole, places = plain[1], plain[2] or "", plain[3] or ""
    digits = int((whole + places[:scale].ljust(scale, "0")) or "0") + (places[scale : scale + 1] >= "5")
    if digits >= most:
        return None
    return -digits if sign == "-" else digits


def _whole(text: str, most: int) -> int | None:
    bare = _of_usual_length(text)
    if bare.lstrip("-+").isdecimal() and bare.isascii() and _PLAIN.fullmatch(bare):
        number = int(bare)
        return number if -most <= number < most else None
    if _PLAIN.fullmatch(bare) and _DIGIT.search(bare):
        raise UnsupportedError("a fraction as a whole number")
    _refuse_odd(bare, _OF_ODD_WHOLE_NUMBERS)
    return None


def _float(text: str) -> float | None:
    bare = _of_usual_length(text)
    if _FLOAT.fullmatch(bare):
        return float(bare)
    if _NOT_FINITE.match(bare):
        raise UnsupportedError("a number that is not finite")
    _refuse_odd(bare)
    return None


def _of_usual_length(text: str) -> str:
    bare = text.strip(_BLANKS)
    if len(bare) > _LONGEST:
        raise UnsupportedError("a text too long for a number")
    return bare


def _refuse_odd(text: str, odd: re.Pattern[str] = _OF_ODD_NUMBERS) -> None:
    """Refuse a text that some engine may take for a number, though it is no plain one.

    Raises:
        UnsupportedError: it is one.
    """
    if _DIGIT.search(text) and odd.fullmatch(text) and not _OF_NUMBERS.fullmatch(text):
        raise UnsupportedError("a number in an unusual form")


def _instants(text: Column, *, has_offset: bool) -> Column:
    if isinstance(text, pa.Array) and text.null_count == len(text):
        return pa.nulls(len(text), INSTANT)
    usual = re.compile(_INSTANT if has_offset else _CLOCK, re.ASCII)
    if isinstance(text, pa.Array) and pc.all(pc.match_substring_regex(text, _INSTANT if has_offset else _CLOCK)).as_py():
        try:
            return text.cast(pa.timestamp("us", "UTC" if has_offset else None)).cast(INSTANT)
        except pa.ArrowInvalid:  # a day that a month does not have, or no offset
            pass
    return each(text, lambda t: _instant(t, usual), INSTANT)


def _instant(text: str, usual: re.Pattern[str]) -> datetime | None:
    if not usual.fullmatch(text):
        if _DIGIT.search(text) or _NAMED_INSTANT.match(text.strip()):
            raise UnsupportedError("an instant in an unusual form")
        return None
    try:
        read = datetime.fromisoformat(text)
        return read.astimezone(UTC).replace(tzinfo=None) if read.tzinfo else read
    except ValueError:  # a day that a month does not have
        return None
    except OverflowError as error:
        raise UnsupportedError("an instant beyond those of a calendar") from error
