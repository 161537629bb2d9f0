"""What each operation on values is in Arrow's functions: the operation's arguments go in as columns, a column comes out.

Nulls are those of SQL: a comparison with null is unknown, `and` and `or` know three answers, a condition that is unknown is not met.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial, reduce
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from patron.adapters.engines.arrays import decimals, jsons, lists, parsed, patterns, texts, zones
from patron.adapters.engines.arrays.columns import INSTANT, SPAN, Column, cast_to, from_numbers, known, numbers, taken, type_of
from patron.kernel.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    Function = Callable[..., Column]
    Built: TypeAlias = "tuple[Function, tuple[ops.Node | As, ...]]"

_MICROSECONDS = {"W": 604_800_000_000, "D": 86_400_000_000, "h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "ms": 1_000, "us": 1}
_NO = pa.scalar(False)
_CUTS = {"Y": "year", "Q": "quarter", "M": "month", "W": "week", "D": "day", "h": "hour", "m": "minute", "s": "second"}


class As(NamedTuple):
    """A value in an Arrow type."""

    value: ops.Value
    kind: pa.DataType


def function_of(node: ops.Node) -> Built:
    """The function that works a value out, and the values that it is given.

    Raises:
        UnsupportedError: there is none.
    """
    name = type(node).__name__
    if isinstance(node, ops.ScalarUDF):
        name = node.__func_name__
    build = _BUILDERS.get(name)
    if build is None:
        raise UnsupportedError(name)
    return build(node)


def _plain(function: Function) -> Callable[[Any], Built]:
    """Arguments as they are."""
    return lambda node: (function, tuple(a for a in node.__args__ if isinstance(a, ops.Value)))


def _alike(function: Function) -> Callable[[Any], Built]:
    """Arguments in the one type that holds all of them."""

    def build(node: ops.Value) -> Built:
        arguments = _flat(node.__args__)
        kinds = {a.dtype for a in arguments}
        if any(k.is_decimal() for k in kinds) and all(k.is_decimal() or k.is_integer() for k in kinds):
            return (lambda *given: function(*decimals.alike(*given))), tuple(arguments)
        if len({type_of(k) for k in kinds}) == 1:
            return function, tuple(arguments)
        return function, _each_as(type_of(dt.highest_precedence(kinds)), arguments)

    return build


def _arithmetic(function: Function) -> Callable[[Any], Built]:
    """Numbers in the type of the result, so that nothing runs over; instants and spans as they are."""

    def build(node: ops.Value) -> Built:
        arguments, wanted = _flat(node.__args__), type_of(node.dtype)
        if node.dtype.is_decimal() and len(arguments) == 2:  # Arrow refuses what might have too many digits
            return _EXACT[type(node).__name__], tuple(arguments)
        if not (node.dtype.is_integer() or node.dtype.is_floating()):
            return (lambda *given: cast_to(function(*given), wanted)), tuple(arguments)
        return function, _each_as(wanted, arguments)

    return build


def _as_floats(function: Function) -> Callable[[Any], Built]:
    return lambda node: (function, _each_as(pa.float64(), _flat(node.__args__)))


def _as_declared(function: Function) -> Callable[[Any], Built]:
    def build(node: ops.Value) -> Built:
        wanted = type_of(node.dtype)
        return (lambda *given: cast_to(function(*given), wanted)), tuple(_flat(node.__args__))

    return build


def _each_as(kind: pa.DataType, values: Iterable[ops.Value]) -> tuple[As, ...]:
    return tuple(As(value, kind) for value in values)


def _flat(arguments: tuple[Any, ...]) -> list[ops.Value]:
    return [v for a in arguments for v in (a if isinstance(a, tuple) else (a,)) if isinstance(v, ops.Value)]


def _literal(node: ops.Literal) -> Built:
    scalar = _scalar(node.value, node.dtype)
    return (lambda: scalar), ()


def _scalar(value: Any, dtype: dt.DataType) -> pa.Scalar:  # noqa: ANN401
    if isinstance(dtype, dt.Interval) and value is not None:
        value = value if isinstance(value, timedelta) else timedelta(microseconds=int(value) * _span_of(dtype.unit.value))
    if isinstance(dtype, dt.Array):
        return pa.scalar(list(value), dtype.to_pyarrow())
    if isinstance(dtype, dt.Timestamp) and value is not None:
        value = value.replace(tzinfo=None)
    return pa.scalar(value, type_of(dtype))


def _span_of(unit: str) -> int:
    if unit not in _MICROSECONDS:
        raise UnsupportedError(f"a span in {unit}")
    return _MICROSECONDS[unit]


def _span(node: ops.IntervalFromInteger) -> Built:
    size = pa.scalar(_span_of(node.unit.value), pa.int64())
    return (lambda n: pc.multiply(n, size).cast(SPAN)), (As(node.arg, pa.int64()),)


def _cast(node: ops.Cast) -> Built:
    wanted = type_of(node.to)
    if wanted == type_of(node.arg.dtype):
        return (lambda v: cast_to(v, wanted)), (node.arg,)
    return partial(_converted, wanted=wanted), (node.arg,)


def _converted(column: Column, *, wanted: pa.DataType) -> Column:
    if pa.types.is_decimal(column.type) and pa.types.is_floating(wanted):
        # The quotient of two exact numbers is the float nearest to the decimal.
        scale = float(10**column.type.scale)
        if isinstance(column, pa.Scalar):
            return pa.scalar(None if column.as_py() is None else float(column.as_py()), wanted)
        return from_numbers(numbers(column).astype(np.float64) / scale, known(column), wanted)
    if pa.types.is_decimal(wanted) and (pa.types.is_decimal(column.type) or pa.types.is_integer(column.type)):
        return decimals.rescaled(column, wanted)
    return texts.written(column) if pa.types.is_string(wanted) else cast_to(column, wanted)


def _if_else(node: ops.IfElse) -> Built:
    wanted = type_of(node.dtype)

    def choose(condition: Column, yes: Column, no: Column) -> Column:
        return pc.if_else(_met(condition), yes, no)

    return choose, (node.bool_expr, *_each_as(wanted, (node.true_expr, node.false_null_expr)))


def _searched(node: ops.SearchedCase) -> Built:
    wanted, many = type_of(node.dtype), len(node.cases)

    def choose(*given: Column) -> Column:
        conditions, results, found = given[:many], given[many:-1], given[-1]
        for condition, result in zip(reversed(conditions), reversed(results), strict=True):
            found = pc.if_else(_met(condition), result, found)
        return found

    return choose, (*node.cases, *_each_as(wanted, (*node.results, node.default)))


def _simple(node: ops.SimpleCase) -> Built:
    cases = tuple(ops.Equals(node.base, case) for case in node.cases)
    return _searched(ops.SearchedCase(cases, node.results, node.default))


def _met(condition: Column) -> Column:
    if isinstance(condition, pa.Scalar):
        return pa.scalar(bool(condition.as_py()))
    return pc.coalesce(condition, _NO) if condition.null_count else condition


def _coalesce(*given: Column) -> Column:
    if isinstance(given[0], pa.Array) and not given[0].null_count:
        return given[0]
    return pc.coalesce(*given)


def _null_if(value: Column, other: Column) -> Column:
    return pc.if_else(_met(pc.equal(value, other)), pa.scalar(None, value.type), value)


def words_asked(node: ops.Node) -> tuple[ops.Value, pa.Array] | None:
    """The text of an operation that asks whether it is one of some that are said, and these; None of any other operation."""
    if isinstance(node, ops.InValues):
        text, options = node.value, node.options
    elif isinstance(node, ops.Equals):
        text, options = node.left, (node.right,)
    else:
        return None
    if not (text.shape.is_columnar() and all(isinstance(o, ops.Literal) and o.value is not None for o in options)):
        return None
    if not all(value.dtype.is_string() for value in (text, *options)):
        return None
    return text, pa.array([o.value for o in options], pa.string())


def words_of(text: pa.Array) -> pa.DictionaryArray:
    """The words of texts, and which of them stands in each row."""
    return text.dictionary_encode()


def among(words: pa.DictionaryArray, options: pa.Array) -> pa.Array:
    """Whether words are among some; null of null."""
    found = pc.is_in(words.dictionary, options)
    if words.indices.null_count or not len(found):
        return taken(found, words.indices)
    return pa.array(np.asarray(found)[words.indices.to_numpy()])


def _in_values(node: ops.InValues) -> Built:
    kinds = {node.value.dtype, *(o.dtype for o in node.options)}
    wanted = type_of(dt.highest_precedence(kinds))
    if all(isinstance(o, ops.Literal) and o.value is not None for o in node.options):
        options = pa.array([_scalar(o.value, o.dtype).cast(wanted).as_py() for o in node.options], wanted)
        return (lambda value: _among(cast_to(value, wanted), options)), (node.value,)

    def found(value: Column, *others: Column) -> Column:
        return reduce(pc.or_kleene, (pc.equal(cast_to(value, wanted), cast_to(o, wanted)) for o in others))

    return found, (node.value, *node.options)


def _among(value: Column, options: pa.Array) -> Column:
    if isinstance(value, pa.Scalar):
        return pa.scalar(value.as_py() in options.to_pylist() if value.is_valid else None, pa.bool_())
    found = pc.is_in(value, options)
    return pc.if_else(value.is_valid(), found, pa.scalar(None, pa.bool_())) if value.null_count else found


def _between(value: Column, low: Column, high: Column) -> Column:
    return pc.and_kleene(pc.greater_equal(value, low), pc.less_equal(value, high))


def _modulus(node: ops.Modulus) -> Built:
    wanted = type_of(node.dtype)
    # The remainder has the sign of what is divided.
    return partial(_by_numbers, np.fmod, wanted), _each_as(wanted, (node.left, node.right))


def _by_numbers(function: Callable[..., NDArray[Any]], wanted: pa.DataType, *given: Column) -> Column:
    """Through numpy: what is null in one argument is null in the result, and is not asked for."""
    size = next((len(g) for g in given if isinstance(g, pa.Array)), None)
    arrays = [g if isinstance(g, pa.Array) else pa.repeat(g, 1 if size is None else size) for g in given]
    there = np.logical_and.reduce([known(a) for a in arrays])
    values = [numbers(a) if there.all() else np.where(there, numbers(a), 1) for a in arrays]
    made = from_numbers(function(*values), there, wanted)
    return made[0] if size is None else made


def _round(node: ops.Round) -> Built:
    wanted = type_of(node.dtype)
    if node.digits is not None and not isinstance(node.digits, ops.Literal):
        raise UnsupportedError("rounding to digits of a column")
    digits = int(node.digits.value) if node.digits is not None else 0
    return (lambda v: cast_to(pc.round(v, ndigits=digits, round_mode="half_towards_infinity"), wanted)), (node.arg,)


def _truncated(node: ops.TimestampTruncate) -> Built:
    unit, wanted = node.unit.value, type_of(node.dtype)
    if unit not in _CUTS:
        raise UnsupportedError(f"cutting to {unit}")
    return (lambda v: cast_to(pc.floor_temporal(v, unit=_CUTS[unit]), wanted)), (node.arg,)


def _delta(node: ops.DateDelta) -> Built:
    if not (isinstance(node.part, ops.Literal) and node.part.value == "day"):
        raise UnsupportedError("a difference of dates in other units than days")
    return (lambda later, earlier: pc.subtract(_days(later), _days(earlier))), (node.left, node.right)


def _days(date: Column) -> Column:
    return date.cast(pa.date32()).cast(pa.int32()).cast(pa.int64())


def _seconds(instant: Column) -> Column:
    return pc.floor_temporal(instant.cast(INSTANT), unit="second").cast(pa.timestamp("s")).cast(pa.int64())


def _concatenated(*given: Column) -> Column:
    return pc.binary_join_element_wise(*given, "", null_handling="emit_null")


def _identical(left: Column, right: Column) -> Column:
    """Equal, or null both; never unknown."""
    both = pc.and_(pc.is_null(left), pc.is_null(right))
    return pc.coalesce(pc.equal(left, right), both)


_EXACT: dict[str, Function] = {"Add": decimals.total, "Subtract": decimals.difference, "Multiply": decimals.product}
_ELEMENTWISE: dict[str, Callable[[Any], Built]] = {
    **dict.fromkeys(("Add", "TimestampAdd", "DateAdd", "IntervalAdd"), _arithmetic(pc.add)),
    **dict.fromkeys(("Subtract", "TimestampSub", "DateSub", "TimestampDiff", "IntervalSubtract"), _arithmetic(pc.subtract)),
    "Multiply": _arithmetic(pc.multiply),
    "Negate": _arithmetic(pc.negate),
    "Abs": _arithmetic(pc.abs),
    "Divide": _as_floats(pc.divide),
    "Modulus": _modulus,
    "Floor": _as_declared(pc.floor),
    "Ceil": _as_declared(pc.ceil),
    "Round": _round,
    "Sqrt": _as_floats(pc.sqrt),
    "Ln": _as_floats(pc.ln),
    "Exp": _as_floats(pc.exp),
    "Power": _as_floats(pc.power),
    "Equals": _alike(pc.equal),
    "NotEquals": _alike(pc.not_equal),
    "IdenticalTo": _alike(_identical),
    "Less": _alike(pc.less),
    "LessEqual": _alike(pc.less_equal),
    "Greater": _alike(pc.greater),
    "GreaterEqual": _alike(pc.greater_equal),
    "Between": _alike(_between),
    "And": _plain(pc.and_kleene),
    "Or": _plain(pc.or_kleene),
    "Not": _plain(pc.invert),
    "IsNull": _plain(pc.is_null),
    "NotNull": _plain(pc.is_valid),
    "Coalesce": _alike(_coalesce),
    "NullIf": _alike(_null_if),
    "Greatest": _alike(pc.max_element_wise),
    "Least": _alike(pc.min_element_wise),
    "IfElse": _if_else,
    "SearchedCase": _searched,
    "SimpleCase": _simple,
    "InValues": _in_values,
    "Cast": _cast,
    "TryCast": parsed.tried,
    "Literal": _literal,
    "Array": lists.array,
    "IntervalFromInteger": _span,
}
_OF_TIME: dict[str, Callable[[Any], Built]] = {
    "TimestampTruncate": _truncated,
    "DateTruncate": _truncated,
    "ExtractEpochSeconds": _plain(_seconds),
    "ExtractYear": _as_declared(pc.year),
    "ExtractMonth": _as_declared(pc.month),
    "ExtractDay": _as_declared(pc.day),
    "ExtractHour": _as_declared(pc.hour),
    "DayOfWeekIndex": _as_declared(partial(pc.day_of_week, count_from_zero=True)),
    "Date": _as_declared(partial(pc.floor_temporal, unit="day")),
    "DateDelta": _delta,
    "from_utc_timestamp": _plain(zones.wall_of),
    "to_utc_timestamp": _plain(zones.instant_of),
}
_OF_TEXTS: dict[str, Callable[[Any], Built]] = {
    "StringConcat": lambda node: (_concatenated, tuple(_flat(node.__args__))),
    "Lowercase": _plain(patterns.lowered),
    "Uppercase": _plain(patterns.uppered),
    "StringLength": _as_declared(pc.utf8_length),
    "StartsWith": _plain(texts.starts_with),
    "EndsWith": _plain(texts.ends_with),
    "StringContains": _plain(texts.contains),
    "StringSQLLike": lambda node: (texts.like(node.pattern, node.escape), (node.arg,)),
    "StringFind": texts.found,
    "StringReplace": _plain(texts.exchanged),
    "RegexSearch": _plain(lambda text, pattern: patterns.searched(text, texts.one(pattern))),
    "RegexReplace": _plain(lambda text, *given: patterns.replaced(text, *map(texts.one, given))),
    "RegexExtract": _plain(lambda text, *given: patterns.extracted(text, *map(texts.one, given))),
    "Strip": _plain(texts.stripped),
    "StrRight": _plain(texts.last),
    "Substring": _plain(texts.part),
    "LPad": _plain(texts.padded),
    "HexDigest": lambda node: (texts.digest(node.how), (node.arg,)),
    "hash63": _plain(texts.hash63),
}
_OF_JSON: dict[str, Callable[[Any], Built]] = {
    "json_valid": _plain(jsons.valid),
    "json_extract_string": jsons.at,
    "json_merge_patch": jsons.patched,
    "Decoded": _plain(jsons.decoded),
}
_OF_LISTS: dict[str, Callable[[Any], Built]] = {
    "ArrayIndex": lists.item,
    "ArrayLength": _as_declared(pc.list_value_length),
    "ArrayMax": lists.told_of_each(ops.Max),
    "ArrayMin": lists.told_of_each(ops.Min),
    "ArrayStringJoin": lambda node: (lists.joined, (node.arg, node.sep)),
    "ArraySum": lists.told_of_each(ops.Sum),
    "StringSplit": _plain(lists.split),
    "regexp_extract_all": patterns.every,
}
_BUILDERS = _ELEMENTWISE | _OF_TIME | _OF_TEXTS | _OF_JSON | _OF_LISTS
