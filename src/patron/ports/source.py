"""The source: what a file of the outside looks like, and which facts its records become.

How to write a source
---------------------
A source is a value, not a program. It lists the layouts of files it knows; a layout lists its fields and has one function that turns
records into rows of fact tables, as Ibis expressions. Patron does the rest: it finds encoding, delimiter, header and types, stages the
file, reads each field, refuses what cannot be used with all its problems, merges the rows into the store, and counts.

    def _facts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
        person = people.identified(records, intake, email=records.email)
        return {
            "reviews": records.select(
                review_id=records.key, person_id=person.id, rating=records.rating, reviewed_at=records.reviewed_at, ...
            ),
            **people.observed(person, seen_at=records.reviewed_at),
        }

    REVIEWS = Layout(
        name="reviews",
        fields=(
            Field("number", "reference", ("review id", "id")),
            Field("email", "email", ("reviewer email",)),
            Field("rating", "number", ("stars", "score"), needed=True, filled=True),
            Field("reviewed_at", "instant", ("date", "created at")),
        ),
        checks=(Check("rating", lambda r: ~r.rating.between(1, 5), "a number from 1 to 5"),),
        primary="reviews",
        key=lambda r, _: ids.numbered("review", intake.scope, r.number),
        facts=_facts,
    )
    SOURCE = FileSource("reviews", "Product reviews, one row each.", (REVIEWS,))

Then name it in `plugins` ("source": "reviews" -> "patron.adapters.sources.reviews:SOURCE"), or in the entry-point group `patron.sources`
of another package. What the function is given and must give:

- `records` has one row per usable record and one column per field, typed by its kind, null where the file has no such column; also
  `record` (number of the record in the file, from 0) and `key` (what the layout's `key` gives). Text is trimmed, blank is null.
- The result maps a table of `facts.tables` to rows. Columns that are left out are null; `source` and `received_at` are filled in, also
  0, false or the intake's currency where a required money, count, quantity, flag or currency column is left out. Rows must not depend on
  the order of records, and `customer_id` stays out: resolving fills it. `key` is the key of the `primary` table: by it the
  records that changed anything are counted.
- How rows meet those that the store has already is a matter of the table (`runtime.loading_merge`): orders with their lines and refunds are
  documents (the greatest `updated_at` wins as a whole); `profiles`, `listings`, `reviews`, `spend`, `tickets`, `messages` and `rates` keep
  the latest `updated_at` of a key (the file's own time when the source gives none); everything else is kept once per key. So loading
  twice, in any order, gives the same facts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

import ibis
import ibis.expr.types as ir

from patron.kernel.time import moment, type_of_instant

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import pyarrow as pa

    from patron.kernel.money import Currency
    from patron.kernel.time import Calendar

FieldKind = Literal[
    "raw",  # text as it stands in the file, nothing trimmed
    "text",  # trimmed; blank is null; a spreadsheet's guarding apostrophe is taken off
    "reference",  # text that names something: as text, and `17850.0` is `17850`
    "email",  # trimmed and in lower case; refused when it is no address
    "phone",  # digits with a leading + where there was one (or 00); null when there are too few
    "instant",  # UTC; a time without offset is the shop's clock
    "date",
    "amount",  # major units, decimal(18, 6); `collect.amounts.minor` makes it money
    "quantity",  # decimal(18, 3)
    "number",  # float64
    "count",  # int64
    "flag",  # yes/no, true/false, 1/0, y/n, subscribed/…
    "json",  # the JSON text of a nested value (JSON Lines only)
]
DateOrder = Literal["ymd", "dmy", "mdy"]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a layout wants to know of each record.

    Attributes:
        name: what the layout's expressions call it.
        kind: how its text is read.
        headers: other names under which files have it (the name itself always counts); case, spaces and punctuation do not matter.
            In JSON Lines a nested value is named by its path, "context.page.path".
        needed: a file without such a column is not of this layout.
        filled: a record without a value is refused.
    """

    name: str
    kind: FieldKind
    headers: tuple[str, ...] = ()
    needed: bool = False
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A reason to refuse a record, besides fields that cannot be read.

    Attributes:
        field: the field that is named in the problem.
        bad: over the parsed records, true where the record cannot be used; null counts as usable. It is not asked when the file has no
            column for `field` and it looks at nothing else.
        expected: completes "expected …".
        hint: what to do.
    """

    field: str
    bad: Callable[[ir.Table], ir.BooleanValue]
    expected: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a person should know about a load, if it is so for any row.

    Attributes:
        sentence: with `{count}`, the number of rows.
        table: a fact table that the layout's function gives, or "records".
        where: which of its rows count.
    """

    sentence: str
    table: str
    where: Callable[[ir.Table], ir.BooleanValue]


@dataclass(frozen=True, slots=True)
class Intake:
    """What is known about a file besides its records.

    Attributes:
        source: the source's name, kept with every row.
        scope: within what customer and order numbers are unique.
        file: the file's name, without folder.
        currency: of amounts, where a record names none.
        calendar: the shop's; times without an offset are its clock.
        received_at: when it is being loaded.
        exported_at: when the file was made, the version of records that carry none.
        has: names of the fields that the file has a column for.
        columns: the headers that fields are read from, by field; a header may say more than its name, such as a currency.
        settings: further statements of the mapping, by key (see `collect.mapping`).
        is_live: whether the records have just been received: then both instants are the moment that the store was told.
    """

    source: str
    scope: str
    file: str
    currency: Currency
    calendar: Calendar
    received_at: datetime
    exported_at: datetime
    has: frozenset[str] = frozenset()
    columns: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    is_live: bool = False

    @property
    def received(self) -> ir.TimestampValue:
        """`received_at`, for expressions."""
        return self._instant(self.received_at)

    @property
    def exported(self) -> ir.TimestampValue:
        """`exported_at`, for expressions."""
        return self._instant(self.exported_at)

    def _instant(self, given: datetime) -> ir.TimestampValue:
        found: ir.TimestampValue = moment() if self.is_live else ibis.literal(given.replace(tzinfo=None), type=type_of_instant)
        return found


RowsOf = Callable[[ir.Table, Intake], Mapping[str, ir.Table]]
KeyOf = Callable[[ir.Table, Intake], ir.IntegerValue]


@dataclass(frozen=True, slots=True)
class Layout:
    """One kind of file.

    Attributes:
        name: for people: "Shopify orders export".
        fields: what is read of each record.
        primary: the table by which changed records are counted; `key` gives its key.
        key: the key of the primary table for each record.
        facts: rows per fact table.
        checks: reasons to refuse a record.
        marks: headers that tell the layout from others of the source which would fit too; all must be there.
        rest: whether `records` has a column `rest` with all other columns as a JSON object.
        skip: over the columns as text (null where blank), true for what is no record, such as a row of totals: it is left out and not
            counted.
        notes: what a person should know about the load.
        only_from: for tables of `facts` that most records say nothing of, those records that may; a tick without any does not ask for them.
        grain: "rows", or "lines" for order lines, whose orders, credit notes and buyers are found in them by `collect.lines`.
    """

    name: str
    fields: tuple[Field, ...]
    primary: str
    key: KeyOf
    facts: RowsOf
    checks: tuple[Check, ...] = ()
    marks: tuple[str, ...] = ()
    rest: bool = False
    skip: Callable[[ir.Table], ir.BooleanValue] | None = None
    only_from: tuple[tuple[str, Callable[[ir.Table], ir.BooleanValue]], ...] = ()
    notes: tuple[Note, ...] = ()
    grain: Literal["rows", "lines"] = "rows"

    @property
    def needed(self) -> tuple[Field, ...]:
        """The fields without which a file is not of this layout."""
        return tuple(f for f in self.fields if f.needed)


@dataclass(frozen=True, slots=True)
class File:
    """A file that has been looked at.

    Attributes:
        path: where its content can be read: itself, or a copy in UTF-8; nowhere if it is records in memory.
        name: its own name, without folder, for people.
        form: what it is.
        headers: its columns, in order; each name once.
        digest: SHA-256 of its content.
        size: bytes.
        modified_at: when it was last written.
        delimiter: between the cells of CSV.
        skipped_lines: lines before the header.
        encoding: as found.
        record_count: how many records in memory there are.
    """

    path: Path
    name: str
    form: Literal["csv", "json_lines", "json", "parquet", "records"]
    headers: tuple[str, ...]
    digest: str
    size: int
    modified_at: datetime
    delimiter: str = ","
    skipped_lines: int = 0
    encoding: str = "utf-8"
    record_count: int = 0


@dataclass(frozen=True, slots=True)
class Malformed:
    """A line that is no record: too few or too many cells, a quote that never ends."""

    line: int
    expected: str
    text: str


class Reader(Protocol):
    """Reads files into the tables of a store, set-wise; a reader belongs to one kind of store."""

    def open(self, path: Path, *, delimiter: str | None = None, encoding: str | None = None) -> File:
        """Look at a file: what it is, how it is written, its columns.

        Raises:
            InputError: it is missing, empty, or not what its name says.
        """
        ...

    def open_records(self, name: str, records: Sequence[bytes], *, at: datetime) -> File:
        """Take records as one would read them from a file of JSON Lines; they stay in memory, and one set of them is held at a time.

        Args:
            name: stands for a file's.
            records: JSON objects in UTF-8.
            at: stands for the instant at which a file was written.

        Raises:
            InputError: none of them is an object, or one is too long.
        """
        ...

    def read(self, file: File, headers: Sequence[str]) -> pa.Table:
        """Some columns of records in memory, as text; what is no object is left out."""
        ...

    def view(self, file: File, name: str, *, keep_malformed: bool) -> ir.Table:
        """Give the file's records a name: all columns of CSV and JSON are text. Malformed lines are left out, and kept aside if asked."""
        ...

    def malformed(self, file: File) -> tuple[Malformed, ...]:
        """The lines left out when the view that keeps them was last read."""
        ...

    def lines(self, file: File, records: Sequence[int], *, record_count: int) -> dict[int, int]:
        """The line on which each of these records begins; records count from 0, lines from 1, and malformed lines are no records."""
        ...

    def close(self) -> None:
        """Remove copies, and what was made to read them."""
        ...


class Source(Protocol):
    """A platform or a kind of file."""

    @property
    def name(self) -> str:
        """What people call it on the command line."""
        ...

    @property
    def meaning(self) -> str:
        """What it reads, in a sentence."""
        ...

    @property
    def scope(self) -> str:
        """Within what its customer and order numbers are unique; sources of one shop's own files share "shop"."""
        ...

    @property
    def layouts(self) -> tuple[Layout, ...]:
        """The files it knows, the most particular first."""
        ...


@dataclass(frozen=True, slots=True)
class FileSource:
    """A source that is nothing but its layouts."""

    name: str
    meaning: str
    layouts: tuple[Layout, ...]
    scope: str = "shop"
