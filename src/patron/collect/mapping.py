"""The owner's statements about a file, in TOML: which column is what, and how to read it.

[columns]
order_number = "Bestellnummer"

[reading]
currency = "EUR"
date_order = "dmy"

[codes]
shipping = ["VERSAND", "PORTO*"]
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from patron.collect.headers import columns_found, folded, guess
from patron.kernel.errors import InputError
from patron.kernel.problems import Problem, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patron.ports.source import Layout

_READING: dict[str, tuple[str, ...]] = {
    "currency": (),
    "time_zone": (),
    "date_order": ("ymd", "dmy", "mdy"),
    "decimal": (".", ","),
    "delimiter": (",", ";", "\t", "|"),
    "encoding": (),
    "scope": (),
    "exported_at": (),
}
_SECTIONS = ("columns", "reading", "codes", "amounts", "documents", "values")


@dataclass(frozen=True, slots=True)
class Statements:
    """What a mapping states.

    Attributes:
        columns: field name to header; an empty header says that the file has no such column.
        reading: currency, time_zone, date_order, decimal, delimiter, encoding, scope, exported_at.
        settings: the other sections, for the source: `codes`, `amounts`, `documents`, `values`.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    reading: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)


def statements(text: str, *, where: str = "mapping") -> Statements:
    """What a mapping in TOML states.

    Raises:
        InputError: it is not TOML, or has sections, keys or values that mean nothing; with the nearest names.
    """
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError("The mapping is not TOML.", [Problem(where, str(error), 'lines such as order_number = "InvoiceNo"')]) from None
    problems = [
        Problem(f"{where}, {k}", k, f"one of {', '.join(_SECTIONS)}", did_you_mean(k, _SECTIONS)) for k in read if k not in _SECTIONS
    ]
    problems += [
        Problem(f"{where}, {section}", str(read[section]), "a table of keys and values")
        for section in _SECTIONS
        if section in read and not isinstance(read[section], dict)
    ]
    if not problems:
        problems = [*_bad_columns(read.get("columns", {}), where), *_bad_reading(read.get("reading", {}), where)]
    if problems:
        raise InputError("The mapping cannot be used.", problems)
    settings = {k: v for k, v in read.items() if k not in {"columns", "reading"}}
    return Statements(read.get("columns", {}), read.get("reading", {}), settings)


def suggestion(layout: Layout, headers: Sequence[str], *, file: str) -> str:
    """A mapping in TOML for a file: the best guess for each field, everything else as comments."""
    sure = columns_found(layout, headers)
    used = set(sure.values())
    lines = [f"# How {file} is read as {layout.name}. Lines that begin with # say nothing.", "", "[columns]"]
    for one in layout.fields:
        header = sure.get(one.name)
        close = None if header else guess(one, [h for h in headers if h not in used])
        need = "needed" if one.needed else "if there is one"
        if header:
            lines.append(f"{one.name} = {_quoted(header)}")
        elif close and one.needed:
            lines.append(f"{one.name} = {_quoted(close)}  # a guess: please check")
        else:
            lines.append(f"# {one.name} = {_quoted(close or '')}  # {one.kind}, {need}")
    unused = [h for h in headers if folded(h) not in {folded(u) for u in used}]
    lines += ["", "# Columns of the file that nothing is read from:", *[f"#   {_quoted(h)}" for h in unused]] if unused else []
    lines += [
        "",
        "[reading]",
        '# currency = "EUR"            # of amounts, where the file has no column for it',
        '# time_zone = "Europe/Berlin" # of times without an offset',
        '# date_order = "dmy"          # or "mdy"; only needed when the dates themselves do not tell',
        '# decimal = ","               # the decimal mark, when the numbers themselves do not tell',
        "",
    ]
    return "\n".join(lines)


def _bad_columns(columns: Mapping[str, object], where: str) -> list[Problem]:
    return [
        Problem(f"{where}, columns.{k}", str(v), "the name of a column, in quotes") for k, v in columns.items() if not isinstance(v, str)
    ]


def _bad_reading(reading: Mapping[str, object], where: str) -> list[Problem]:
    problems = []
    for key, value in reading.items():
        if key not in _READING:
            problems.append(Problem(f"{where}, reading.{key}", key, f"one of {', '.join(_READING)}", did_you_mean(key, _READING)))
        elif not isinstance(value, str):
            problems.append(Problem(f"{where}, reading.{key}", str(value), "text in quotes"))
        elif _READING[key] and value not in _READING[key]:
            choices = ", ".join(repr(c) for c in _READING[key])
            problems.append(Problem(f"{where}, reading.{key}", value, f"one of {choices}", did_you_mean(value, _READING[key])))
    return problems


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    return f'"{escaped}"'
