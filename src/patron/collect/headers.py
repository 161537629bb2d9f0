"""Recognising a file by its header: which layout it is of, and which column each field is read from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem, did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patron.ports.source import Field, Layout


@dataclass(frozen=True, slots=True)
class Recognised:
    """A layout and the header that each of its fields is read from; fields without a column are left out."""

    layout: Layout
    columns: Mapping[str, str]

    @property
    def has(self) -> frozenset[str]:
        """The fields that the file has a column for."""
        return frozenset(self.columns)


def folded(header: str) -> str:
    """A header without case, spaces and punctuation."""
    return "".join(c for c in header.casefold() if c.isalnum())


def recognised(layouts: Sequence[Layout], headers: Sequence[str], stated: Mapping[str, str], *, file: str) -> Recognised:
    """The layout of a file and the columns of its fields.

    Args:
        layouts: the most particular first.
        headers: the file's.
        stated: field name to header, from a mapping; these win over synonyms.
        file: for messages.

    Raises:
        InputError: no layout fits, or the mapping names a field or column that does not exist; with the nearest names.
    """
    _check_stated(layouts, headers, stated)
    for layout in layouts:
        columns = _columns(layout, headers, stated)
        known = {folded(h) for h in headers}
        if all(f.name in columns for f in layout.needed) and all(folded(m) in known for m in layout.marks):
            return Recognised(layout, columns)
    raise _unrecognised(layouts, headers, stated, file)


def columns_found(layout: Layout, headers: Sequence[str]) -> Mapping[str, str]:
    """Field name to header, as far as names and synonyms tell."""
    return _columns(layout, headers, {})


def nearest_layout(layouts: Sequence[Layout], headers: Sequence[str]) -> Layout:
    """The layout that a file is most likely of, when none fits: the one that lacks the fewest needed columns, guesses included."""

    def lacks(layout: Layout) -> tuple[int, int, int]:
        columns = _columns(layout, headers, {})
        free = [h for h in headers if h not in columns.values()]
        missing = [f for f in layout.needed if f.name not in columns]
        return sum(guess(f, free) is None for f in missing), len(missing) - len(layout.needed), -len(columns)

    return min(layouts, key=lacks)


def guess(field: Field, headers: Sequence[str]) -> str | None:
    """The header nearest to a field's names, for a suggestion; None when nothing is close."""
    for name in (field.name, *field.headers):
        close = nearest(name, headers)
        if close:
            return close
    return None


def _columns(layout: Layout, headers: Sequence[str], stated: Mapping[str, str]) -> dict[str, str]:
    by_folded: dict[str, str] = {}
    for header in headers:
        by_folded.setdefault(folded(header), header)
    found = {}
    for field in layout.fields:
        if field.name in stated:
            if stated[field.name]:  # an empty name says: there is no such column
                found[field.name] = by_folded[folded(stated[field.name])]
            continue
        names = [folded(n) for n in (field.name, *field.headers)]
        match = next((by_folded[n] for n in names if n in by_folded), None)
        if match is not None:
            found[field.name] = match
    return found


def _check_stated(layouts: Sequence[Layout], headers: Sequence[str], stated: Mapping[str, str]) -> None:
    fields = {f.name for layout in layouts for f in layout.fields}
    known = {folded(h) for h in headers}
    problems = [
        Problem(f"mapping, columns.{name}", name, "a field of this source", did_you_mean(name, fields))
        for name in stated
        if name not in fields
    ]
    problems += [
        Problem(f"mapping, columns.{name}", header, "a column of the file", did_you_mean(header, headers))
        for name, header in stated.items()
        if header and folded(header) not in known
    ]
    if problems:
        raise InputError("The mapping does not fit the file.", problems)


def _unrecognised(layouts: Sequence[Layout], headers: Sequence[str], stated: Mapping[str, str], file: str) -> InputError:
    best = nearest_layout(layouts, headers)
    columns = _columns(best, headers, stated)
    problems = []
    for field in best.needed:
        if field.name in columns:
            continue
        close = guess(field, [h for h in headers if h not in columns.values()])
        hint = f"did you mean {close!r}? Say so in a mapping" if close else "name the column in a mapping"
        names = ", ".join((field.name, *field.headers[:3]))
        problems.append(Problem(f"{file}, header", "", f"a column for {field.name!r} (such as {names})", hint))
    known = {folded(h) for h in headers}
    problems += [Problem(f"{file}, header", "", f"a column {m!r}") for m in best.marks if folded(m) not in known]
    others = [layout.name for layout in layouts if layout is not best]
    also = f" (It does not look like one of {', '.join(others)} either.)" if others else ""
    return InputError(f"{file} is not recognised as {best.name}.{also}", problems)
