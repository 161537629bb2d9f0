"""Reading a column of text (or of a file's own types) as what a field wants: expressions, null where it cannot be read."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import ibis
import ibis.expr.datatypes as dt

from patron.kernel.tables import type_of
from patron.kernel.time import to_utc_timestamp

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.collect.style import Style
    from patron.ports.source import FieldKind

TYPES: dict[FieldKind, str] = {
    "raw": "string", "text": "string", "reference": "string", "email": "string", "phone": "string", "json": "string",
    "instant": type_of("instant"), "date": "date", "amount": "decimal(18, 6)", "quantity": "decimal(18, 3)", "number": "float64",
    "count": "int64", "flag": "boolean",
}  # fmt: skip
"""The type that a field of each kind has in `records`."""

LENIENT: frozenset[str] = frozenset({"raw", "text", "reference", "email", "phone", "json"})
"""Kinds that never make a record unusable: what cannot be read is unknown."""

EXPECTED: dict[str, str] = {
    "instant": "a date or time such as 2011-12-10 08:26",
    "date": "a date such as 2011-12-10",
    "amount": "an amount below a million million such as 12.50",
    "quantity": "a number such as 3 or 0.5",
    "number": "a number",
    "count": "a whole number",
    "flag": "yes or no",
}

_NOTHING = ("", "--")  # reports of advertising platforms write -- where there is no number
_EMAIL = r"^[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]+$"
_CURRENCY_SIGN = r"(?:[A-Z]{3}|[A-Z]{0,2}[$€£¥₽₴₹₺₩]|zł|kr\.?|Ft|lei|Kč)"
_NUMBER = rf"^\(?\s*[-+\x{{2212}}]?\s*{_CURRENCY_SIGN}?\s*[-+\x{{2212}}]?[\d][\d.,'\x{{2019}}\s\x{{A0}}\x{{202F}}]*{_CURRENCY_SIGN}?\s*\)?$"
_OFFSET = r"\s*(?:[zZ]|(?:UTC|GMT)?([+-]\d{2}):?(\d{2})?|UTC|GMT)$"
_NOON = r"\s*([AaPp])\.?\s?[Mm]\.?$"


def spelled(column: ir.Column, kind: FieldKind, style: Style) -> ir.StringValue | None:
    """For dates of a style that takes a closer look, their texts with the year first: `read` wants a column of these.

    None where it reads the column itself.
    """
    if kind not in {"instant", "date"} or style.plain or style.has_offset:
        return None
    return _year_first(clean(text_of(column)).re_replace(r"^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?\s+", ""), style)


def read(column: ir.Column, kind: FieldKind, style: Style, zone: str) -> ir.Value:  # noqa: PLR0911  # one per kind of column
    """A column, or what is `spelled` of it, as values of a field's kind (`TYPES`), null where it is blank or cannot be read."""
    of = column.type()
    if isinstance(of, dt.String):
        return _from_text(column, kind, style, zone)
    if kind in LENIENT:
        return text_of(column) if kind == "raw" else _from_text(text_of(column), kind, style, zone)
    if kind == "instant" and isinstance(of, dt.Timestamp):
        plain = in_calendar(column.cast(type_of("instant")))
        return plain if of.timezone or zone == "UTC" else to_utc_timestamp(plain, zone)
    if kind == "instant" and isinstance(of, dt.Date):
        return to_utc_timestamp(in_calendar(column.cast(type_of("instant"))), zone)
    if kind == "date" and isinstance(of, (dt.Timestamp, dt.Date)):
        return in_calendar(column.cast(type_of("instant"))).cast("date")
    if kind == "flag" and isinstance(of, dt.Boolean):
        return column
    if isinstance(of, dt.Numeric) and kind in {"amount", "quantity", "number", "count"}:
        return column.try_cast(TYPES[kind])
    return _from_text(text_of(column), kind, style, zone)


def text_of(column: ir.Column) -> ir.StringColumn:
    """A column of any type as text; whole floats lose their `.0`."""
    of = column.type()
    if isinstance(of, dt.String):
        return column
    if isinstance(of, dt.Floating):
        whole = column.try_cast("int64")
        return ibis.ifelse(whole.notnull() & (whole.cast("float64") == column), whole.cast("string"), column.cast("string"))
    return column.cast("string")


def blank(column: ir.Column) -> ir.BooleanValue:
    """Whether a cell says nothing."""
    if isinstance(column.type(), dt.String):
        return column.isnull() | stripped(column).isin(_NOTHING)
    return column.isnull()


def clean(text: ir.StringValue) -> ir.StringValue:
    """Text without blanks around it and without the apostrophe that spreadsheets guard numbers with; null when nothing is left."""
    bare = stripped(text)
    is_guarded = (bare >= "'") & (bare < "(")  # begins with it: a comparison is quicker than a search
    bare = ibis.ifelse(is_guarded, bare.re_replace(r"^'([-+=@\d])", r"\1"), bare)
    return bare.nullif("")


def in_calendar(instant: ir.TimestampValue) -> ir.TimestampValue:
    """An instant of the years 2 to 9998, else null: engines know others, which nobody who reads them can hold, nor move by a time zone."""
    first, last = ibis.literal(datetime(2, 1, 1)), ibis.literal(datetime(9999, 1, 1))  # noqa: DTZ001  # tables hold UTC without a zone
    is_known = (instant >= first) & (instant < last)
    return ibis.ifelse(is_known, instant, ibis.null(type_of("instant")))


def stripped(text: ir.StringValue) -> ir.StringValue:
    """Text without blanks around it: engines take long to trim, so only what begins or ends with a blank is."""
    return ibis.ifelse((text < "!") | (text.right(1) < "!"), text.strip(), text)


def reference(text: ir.StringValue) -> ir.StringValue:
    """Text that names something: as `clean`, and a whole number written as a float loses its `.0`."""
    bare = clean(text)
    return ibis.ifelse(bare.endswith(".0"), bare.re_replace(r"^(\d+)\.0$", r"\1"), bare)


def _from_text(text: ir.StringValue, kind: FieldKind, style: Style, zone: str) -> ir.Value:  # noqa: C901, PLR0911  # a branch for each kind
    match kind:
        case "raw":
            return text
        case "json":
            return nested(text)
        case "text":
            return clean(text)
        case "reference":
            return reference(text)
        case "email":
            address = clean(text).lower()
            return ibis.ifelse(address.re_search(_EMAIL), address, ibis.null("string"))
        case "phone":
            return _phone(clean(text))
        case "instant":
            return _instant(text, style, zone)
        case "date":
            return _instant(text, style, "UTC").cast("date")
        case "flag":
            return _flag(text)
        case "amount" | "quantity" | "number" | "count":
            return _number(text, kind, style)


@ibis.udf.scalar.builtin(name="json_valid", signature=(("string",), "boolean"))
def _json_valid(text):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Whether a text is JSON; the engine that reads files has this function."""


def nested(text: ir.StringValue) -> ir.StringValue:
    """The JSON of a list or an object. A word in its place is nothing: engines stop at text that they take for JSON."""
    return ibis.ifelse(text.substr(0, 1).isin(["{", "["]) & _json_valid(text), text, ibis.null("string"))


def _phone(text: ir.StringValue) -> ir.StringValue:
    bare = text.re_replace(r"[^\d+]", "")
    international = bare.re_replace(r"^00", "+")
    return ibis.ifelse(international.re_search(r"^\+?\d{7,15}$"), international, ibis.null("string"))


def _flag(text: ir.StringValue) -> ir.BooleanValue:
    word = text.strip().lower()
    yes = word.isin(["yes", "y", "true", "t", "1", "on", "subscribed"])
    no = word.isin(["no", "n", "false", "f", "0", "off", "unsubscribed", "not subscribed"])
    return ibis.cases((yes, ibis.literal(value=True)), (no, ibis.literal(value=False)), else_=ibis.null("boolean"))


def _number(text: ir.StringValue, kind: FieldKind, style: Style) -> ir.Value:
    plain = _whole(text) if kind == "count" else text.try_cast(TYPES[kind])
    if style.plain:
        return plain
    bare = text.strip()
    digits = bare.re_replace("[^\\d.,\\-\u2212]", "").replace("\u2212", "-")
    other = "," if style.decimal == "." else "."
    grouped = rf"^-?(?:\d{{1,3}}(?:[{other}]\d{{2,3}})*[{other}]\d{{3}}|\d+)(?:[{style.decimal}]\d*)?$"
    pointed = digits.replace(other, "").replace(",", ".")
    signed = ibis.ifelse(bare.startswith("(") & ~pointed.startswith("-"), ibis.literal("-") + pointed, pointed)
    typed = _whole(signed) if kind == "count" else signed.try_cast(TYPES[kind])
    read_here = ibis.ifelse(bare.re_search(_NUMBER) & digits.re_search(grouped), typed, ibis.null(TYPES[kind]))
    return ibis.coalesce(plain, read_here) if style.decimal == "." else read_here


def _whole(text: ir.StringValue) -> ir.IntegerValue:
    exact = text.try_cast("decimal(38, 6)")
    whole = exact.try_cast("int64")
    return ibis.ifelse(exact == whole, whole, ibis.null("int64"))


def _instant(text: ir.StringValue, style: Style, zone: str) -> ir.TimestampValue:
    if style.plain:
        # A cheap look keeps out what has an offset or a word at its end: engines would read it and drop the offset.
        length = text.length()
        usual = ((length == 10) | (length == 16) | ((length == 19) & (text.substr(16, 1) == ":"))) & (text.right(1) <= "9")
        return _of_zone(_wall(ibis.ifelse(usual, text, ibis.null("string"))), zone)
    if style.has_offset:
        ends_so = (text.right(1) == "Z") | text.substr(text.length() - 6, 1).isin(["+", "-"])
        return in_calendar(ibis.ifelse(ends_so, text, ibis.null("string")).try_cast("timestamp('UTC')").cast(type_of("instant")))
    has_offset = (text.length() > 10) & text.re_search(_OFFSET)
    wall = _of_twelve_hours(ibis.ifelse(has_offset, text.re_replace(_OFFSET, ""), text))
    return ibis.ifelse(has_offset, _less_offset(wall, text), _of_zone(wall, zone))


def _wall(text: ir.StringValue) -> ir.TimestampValue:
    return in_calendar(text.try_cast(type_of("instant")))


def _of_zone(wall: ir.TimestampValue, zone: str) -> ir.TimestampValue:
    return wall if zone == "UTC" else to_utc_timestamp(wall, zone)


def _less_offset(wall: ir.TimestampValue, text: ir.StringValue) -> ir.TimestampValue:
    """The instant, for a clock and the offset that the text ends with."""
    hours = text.re_extract(_OFFSET, 1).try_cast("int64").fill_null(0)
    minutes = text.re_extract(_OFFSET, 2).try_cast("int64").fill_null(0)
    sign = ibis.ifelse(text.re_extract(_OFFSET, 1).startswith("-"), ibis.literal(-1), ibis.literal(1))
    return (wall - (hours * 60 + sign * minutes).as_interval("m")).cast(type_of("instant"))


def _year_first(text: ir.StringValue, style: Style) -> ir.StringValue:
    """1/2/2011, 1.2.11 or 1 Feb 2011 as 2011-02-01, by the order of the column; what begins with a year stays."""
    order = r"\3-\2-\1" if style.date_order != "mdy" else r"\3-\1-\2"
    full = text.re_replace(r"^(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})(?:,?\s|\b)\s*", order + " ").strip()
    short = full.re_replace(r"^(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{2})(?:,?\s|$)\s*", order.replace(r"\3", r"20\3") + " ").strip()
    compact = short.re_replace(r"^(\d{4})(\d{2})(\d{2})(?:$|T)", r"\1-\2-\3 ").strip()
    slashes = compact.re_replace(r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})", r"\1-\2-\3")
    return _month_names(slashes)


def _month_names(text: ir.StringValue) -> ir.StringValue:
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    day_first = text.re_replace(r"^(\d{1,2})[ \-]([A-Za-z]{3})[a-z]*[ \-,]+(\d{4})\b", r"\3-\2-\1")
    month_first = day_first.re_replace(r"^([A-Za-z]{3})[a-z]*\.? (\d{1,2}),? (\d{4})\b", r"\3-\1-\2")
    numbered = month_first
    for number, name in enumerate(months, 1):
        numbered = numbered.replace(f"-{name}-", f"-{number:02d}-")
    return ibis.ifelse(text.re_search(r"^(?:\d{1,2}[ \-])?[A-Za-z]{3}"), numbered, text)


def _of_twelve_hours(text: ir.StringValue) -> ir.TimestampValue:
    """A time that may end with AM or PM."""
    half = text.re_extract(_NOON, 1).lower()
    plain = _wall(text.re_replace(_NOON, "").replace(", ", " "))
    hour = plain.hour()
    shift = ibis.cases((half.isnull() | (half == ""), 0), ((half == "p") & (hour < 12), 12), ((half == "a") & (hour == 12), -12), else_=0)
    return (plain + shift.cast("int64").as_interval("h")).cast(type_of("instant"))
