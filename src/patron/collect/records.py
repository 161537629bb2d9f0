"""From the columns of a file to records: each field read, each reason to refuse a record found, in one expression."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import ibis
import ibis.expr.operations as ops

from patron.collect.parsing import EXPECTED, LENIENT, TYPES, blank, clean, read, spelled, text_of
from patron.collect.style import Style

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.collect.headers import Recognised
    from patron.ports.source import Field

BAD, CELLS, FLAGS = "_bad", "_cells", "_flags"
_MANY_COLUMNS = 300
_NO = ibis.literal(value=False)


@dataclass(frozen=True, slots=True)
class Issue:
    """One reason for which a record may be refused.

    Attributes:
        header: the column it is about.
        place: which of the kept cells that is, from 0; None when there is no such column.
        expected: what would have been right.
        hint: what to do.
    """

    header: str
    place: int | None
    expected: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the records of a file are read.

    Attributes:
        recognised: the layout and its columns.
        headers: all columns of the file.
        styles: how columns of text write dates and numbers, by header.
        zone: of times without an offset.
    """

    recognised: Recognised
    headers: tuple[str, ...]
    styles: Mapping[str, Style]
    zone: str

    def __hash__(self) -> int:
        """By all that it is made of; mappings have no hash of their own."""
        columns, styles = tuple(self.recognised.columns.items()), tuple(self.styles.items())
        return hash((self.recognised.layout, columns, self.headers, styles, self.zone))

    @property
    def kept(self) -> tuple[str, ...]:
        """The columns whose text is kept of refused records: all, unless there are very many."""
        return self.headers if len(self.headers) <= _MANY_COLUMNS else tuple(dict.fromkeys(self.recognised.columns.values()))

    @property
    def names(self) -> dict[str, str]:
        """The columns of `staged` and their types: the fields that the file has, and `rest` if the layout asks for it."""
        layout = self.recognised.layout
        fields = {f.name: TYPES[f.kind] for f in layout.fields if f.name in self.recognised.columns}
        return fields | ({"rest": "string"} if layout.rest else {})

    def staged(self, raw: ir.Table) -> ir.Table:
        """One row per record of the file, in its order: the columns `names`, and `_bad`, whether the record is refused.

        Args:
            raw: the file's columns.
        """
        return self._marked(raw).select(*self.names, BAD)

    def refused(self, raw: ir.Table) -> ir.Table:
        """The refused records alone, in order: `_cells`, the texts of the columns `kept`, and `_flags`, which of `issues` apply.

        Args:
            raw: the file's columns.
        """
        marked = self._marked(raw)
        bad = marked.filter(marked[BAD])
        texts = ibis.array([text_of(bad[self._cell(h)]) for h in self.kept])
        flags = ibis.array([_NO, *(flag for _, flag, _ in self._reasons(bad))])
        return bad.select(**{CELLS: texts, FLAGS: flags})

    def _marked(self, raw: ir.Table) -> ir.Table:
        layout = self.recognised.layout
        cells = raw.select(**{_cell(i): raw[h] for i, h in enumerate(self.headers)})
        if layout.skip:
            texts = self._texts(cells)
            cells = texts.filter(~ibis.coalesce(layout.skip(texts), _NO)).select(*cells.columns)
        cells = self._spelled(cells)
        values = {f.name: self._value(cells, f) for f in layout.fields}
        parsed = cells.mutate(**values, **({"rest": self._rest(cells)} if layout.rest else {}))
        parsed = parsed.alias("_parsed")  # read once, then looked at: without a name Ibis would write the reading into each test
        tests = {test.op(): test for _, _, test in self._reasons(parsed)}.values()  # each once; expressions cannot be compared
        return parsed.mutate(**{BAD: reduce(lambda a, b: a | b, tests, _NO)})

    def issues(self, raw: ir.Table) -> tuple[Issue | None, ...]:
        """What the places of `_flags` stand for; the first stands for nothing, so that there always is one."""
        return (None, *(issue for issue, _, _ in self._reasons(self._empty(raw))))

    def _reasons(self, parsed: ir.Table) -> list[tuple[Issue, ir.BooleanValue, ir.BooleanValue]]:
        """Each reason: the issue, when it applies, and a quicker test that holds at least when it applies and only for bad records."""
        found = []
        for field in self.recognised.layout.fields:
            header = self.recognised.columns.get(field.name)
            if header is None:
                continue
            value, cell = parsed[field.name], parsed[self._cell(header)]
            place: int | None = self.kept.index(header)
            if field.kind not in LENIENT:
                unread = value.isnull() & ~blank(cell)
                found.append((Issue(header, place, EXPECTED[field.kind]), unread, value.isnull() if field.filled else unread))
            if field.filled:
                missing = value.isnull() if field.kind in LENIENT - {"raw"} else blank(cell)
                if field.kind == "raw" and cell.type().is_string():  # only what begins with a blank needs the closer look
                    missing = cell.isnull() | ((cell < "!") & missing)
                expected = "an e-mail address" if field.kind == "email" else "a value"
                found.append((Issue(header, place, expected), missing, missing if field.kind == "raw" else value.isnull()))
        for check in self.recognised.layout.checks:
            header = self.recognised.columns.get(check.field)
            place = self.kept.index(header) if header else None
            test = check.bad(parsed)
            if header is None and {f.name for f in test.op().find(ops.Field, filter=ops.Value)} == {check.field}:
                continue  # it looks at nothing that the file has
            bad = ibis.coalesce(test, _NO)
            found.append((Issue(header or check.field, place, check.expected, check.hint), bad, bad))
        return found

    def _empty(self, raw: ir.Table) -> ir.Table:
        cells = raw.select(**{_cell(i): raw[h] for i, h in enumerate(self.headers)})
        return cells.mutate(**{f.name: ibis.null(TYPES[f.kind]) for f in self.recognised.layout.fields})

    def _spelled(self, cells: ir.Table) -> ir.Table:
        """The cells, and beside those of dates that take a closer look what is `spelled` of them."""
        texts: dict[str, ir.StringValue] = {}
        for field in self.recognised.layout.fields:
            header = self.recognised.columns.get(field.name)
            text = spelled(cells[self._cell(header)], field.kind, self._style(header)) if header else None
            if text is not None:
                texts[_spelling(field)] = text
        return cells.mutate(**texts).alias("_spelled") if texts else cells

    def _value(self, cells: ir.Table, field: Field) -> ir.Value:
        header = self.recognised.columns.get(field.name)
        if header is None:
            return ibis.null(TYPES[field.kind])
        found = _spelling(field) if _spelling(field) in cells.columns else self._cell(header)
        return read(cells[found], field.kind, self._style(header), self.zone)

    def _style(self, header: str) -> Style:
        return self.styles.get(header, Style())

    def _texts(self, cells: ir.Table) -> ir.Table:
        """The cells, and beside them each field as text."""
        columns = self.recognised.columns
        return cells.mutate(
            **{
                f.name: clean(text_of(cells[self._cell(columns[f.name])])) if f.name in columns else ibis.null("string")
                for f in self.recognised.layout.fields
            }
        )

    def _rest(self, cells: ir.Table) -> ir.StringValue:
        """All columns that no field is read from, as a JSON object of texts; null where all of them are blank."""
        used = set(self.recognised.columns.values())
        parts = [_json_pair(h, clean(text_of(cells[self._cell(h)]))) for h in self.headers if h not in used]
        if not parts:
            return ibis.null("string")
        joined = reduce(lambda a, b: a + b, parts)
        return ibis.ifelse(joined == "", ibis.null("string"), ibis.literal("{") + joined.substr(2) + "}")

    def _cell(self, header: str) -> str:
        return _cell(self.headers.index(header))


def _cell(place: int) -> str:
    return f"_cell_{place}"


def _spelling(field: Field) -> str:
    return f"_spelled_{field.name}"


def _json_pair(name: str, text: ir.StringValue) -> ir.StringValue:
    """`, "name": "text"`; nothing where there is no text."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').re_replace(r"[\x00-\x1f]", " ")
    key = name.replace("\\", "\\\\").replace('"', '\\"')
    return ibis.coalesce(ibis.literal(f', "{key}": "') + escaped + '"', ibis.literal(""))
