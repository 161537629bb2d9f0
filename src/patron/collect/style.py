"""How a column writes its dates and numbers: decided once for a column, over all its values.

`evidence` is an expression that counts what a column's values look like; `decided` draws the conclusion, or says what has to be asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import DateOrder

Mark = Literal[".", ","]

PLAIN_INSTANT = r"^\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2})?)?$"
OFFSET_INSTANT = r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:\d{2})$"
PLAIN_NUMBER = r"^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$"
_PARTS = r"^\s*'?(\d{1,2})[/.\-](\d{1,2})[/.\-](?:\d{4}|\d{2})\b"
_YEAR_FIRST = r"^\s*'?\d{4}[/.\-]?\d{1,2}[/.\-]?\d{1,2}"


@dataclass(frozen=True, slots=True)
class Style:
    """How to read a column.

    Attributes:
        plain: whether all values are ISO dates without offset, or plain numbers: the quick way of reading is enough.
        has_offset: whether all values are ISO times with an offset, for which there is a quick way too.
        date_order: of day, month and year where the year does not come first.
        decimal: the decimal mark; the other one separates thousands.
    """

    plain: bool = True
    has_offset: bool = False
    date_order: DateOrder = "ymd"
    decimal: Mark = "."


def date_evidence(text: ir.StringColumn) -> dict[str, ir.IntegerScalar]:
    """Counts that tell how a column of text writes dates."""
    first = text.re_extract(_PARTS, 1).try_cast("int32")
    second = text.re_extract(_PARTS, 2).try_cast("int32")
    return {
        "filled": (text.strip() != "").sum(),
        "plain": text.re_search(PLAIN_INSTANT).sum(),
        "offset": text.re_search(OFFSET_INSTANT).sum(),
        "parts": text.re_search(_PARTS).sum(),
        "day_first": (first > 12).sum(),
        "day_second": (second > 12).sum(),
        "same": (first == second).sum(),
    }


def number_evidence(text: ir.StringColumn) -> dict[str, ir.IntegerScalar]:
    """Counts that tell how a column of text writes numbers."""
    return {
        "filled": (text.strip() != "").sum(),
        "plain": text.re_search(PLAIN_NUMBER).sum(),
        "comma_decimal": text.re_search(r"^[^,]*,(?:\d{1,2}|\d{4,})\D*$|\.\d{3}.*,\d").sum(),
        "point_decimal": text.re_search(r"^[^.]*\.(?:\d{1,2}|\d{4,})\D*$|,\d{3}.*\.\d").sum(),
        "comma": text.re_search(",").sum(),
    }


def date_style(counts: Mapping[str, int], stated: DateOrder | None) -> Style | None:
    """The style of a column of dates; None when days and months cannot be told apart and nobody has said."""
    parts, first, second = (counts[k] or 0 for k in ("parts", "day_first", "day_second"))
    plain = (counts["plain"] or 0) == (counts["filled"] or 0)
    if stated and stated != "ymd":
        return Style(plain=plain, date_order=stated)
    if not parts:
        return Style(plain=plain, has_offset=bool(counts["filled"]) and counts["offset"] == counts["filled"])
    if first and not second:
        return Style(plain=False, date_order="dmy")
    if second and not first:
        return Style(plain=False, date_order="mdy")
    if not first and not second and parts == counts["same"]:
        return Style(plain=False, date_order="dmy")  # 1/1, 2/2 …: both orders read the same
    return None


def number_style(counts: Mapping[str, int], stated: Mark | None, *, comma_likely: bool) -> Style:
    """The style of a column of numbers.

    Args:
        counts: `number_evidence`.
        stated: the mark that the mapping states.
        comma_likely: whether the rest of the file speaks for a decimal comma, should the column itself not tell.
    """
    plain = (counts["plain"] or 0) == (counts["filled"] or 0)
    if stated:
        return Style(plain=plain and stated == ".", decimal=stated)
    commas, points = counts["comma_decimal"] or 0, counts["point_decimal"] or 0
    if commas > points:
        return Style(plain=False, decimal=",")
    if plain:
        return Style()
    return Style(plain=False, decimal="," if comma_likely and not points else ".")
