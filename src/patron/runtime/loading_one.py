"""Loading one file: staged, refused or turned into rows, merged into the store, and counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from patron.collect.records import BAD, CELLS, FLAGS
from patron.facts import tables as t
from patron.kernel.ids import derived
from patron.kernel.money import currency
from patron.kernel.time import Calendar, parse_instant
from patron.ports.source import Intake
from patron.runtime import loading_merge as merging
from patron.runtime.loading_counts import covered, money, noted
from patron.runtime.loading_files import stage
from patron.runtime.loading_products import LISTED, project_products
from patron.runtime.loading_refused import refuse
from patron.runtime.loading_report import FileReport

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.engine import Store
    from patron.ports.source import Reader, Source
    from patron.runtime.loading_files import Opened
    from patron.runtime.loading_options import LoadOptions, Steps

STEPS = 3
_NEW = "_load_new_"


@dataclass(slots=True)
class Loading:
    """The files of one load command, within its transaction."""

    store: Store
    reader: Reader
    source: Source
    options: LoadOptions
    tell: Steps
    rows: dict[str, int] = field(default_factory=dict)

    def file(self, one: Opened) -> FileReport:
        """Load one file."""
        layout, name = one.recognised.layout, one.file.name
        intake = self._intake(one)
        zone = intake.calendar.zone
        load_id = derived("load", self.source.name, one.file.digest, intake.scope, intake.currency, zone, repr(self.options.statements))
        known = self._known(load_id)
        self.tell(f"reading {name}")
        if known:
            read, refused = known
            return FileReport(name, layout.name, load_id, read, 0, read - refused, refused, is_known=True, columns=one.recognised.columns)
        reading, raw, staged = stage(self.store, self.reader, one, self.options.statements, zone)
        refused, problems = refuse(self.store, self.reader, one.file, reading, reading.issues(raw), staged, load_id=load_id)
        records = staged.filter(~staged[BAD]).drop(BAD, CELLS, FLAGS)
        records = records.mutate(key=layout.key(records, intake))
        self.tell(f"making facts of {name}")
        new = self._new(records, one, intake)
        self.tell(f"merging {name}")
        kept = self._merge(new, layout.primary, records)
        good = self._count(records)
        self._note_load(load_id, one, (good + refused, kept, good - kept, refused))
        begins_at, ends_at = covered(self.store, new)
        report = FileReport(
            name, layout.name, load_id, good + refused, kept, good - kept, refused,
            columns=one.recognised.columns, money=money(self.store, new), begins_at=begins_at, ends_at=ends_at,
            notes=noted(self.store, layout.notes, new, records), problems=problems,
        )  # fmt: skip
        for table in new.values():
            self.store.drop(table)
        return report

    def finish(self) -> None:
        """Work out what follows from all files together."""
        self.tell("finishing")
        if LISTED in self.store.tables():
            self.rows["products"] = project_products(self.store)
        for name in sorted(n for n in self.store.tables() if n.startswith("_load_")):
            self.store.drop(name)

    def _new(self, records: ir.Table, one: Opened, intake: Intake) -> dict[str, str]:
        """New rows per table, each in a table of its own: table name to the name of that."""
        new = {}
        for name, rows in one.recognised.layout.facts(records, intake).items():
            extra = (merging.BLOCK, *((merging.AMOUNT,) if name == "orders" else ())) if name in _DOCUMENTS else ()
            new[name] = _NEW + name
            self.store.create(new[name], merging.completed(merging.TABLES[name], rows, intake, extra=extra), temporary=True)
        return new

    def _merge(self, new: Mapping[str, str], primary: str, records: ir.Table) -> int:
        """Merge all new rows; how many records changed anything."""
        kept = 0
        if "orders" in new:
            self._add("orders", merging.merge_documents(self.store, new))
            kept = self._changed(records) if primary == "orders" else 0
        for name, table in new.items():
            if name in _DOCUMENTS:
                continue
            if name == "listings":
                self._touch_listings(table)
            self._add(name, merging.merge_rows(self.store, merging.TABLES[name], table))
            if name == primary:
                kept = self._changed(records)
        return kept

    def _touch_listings(self, table: str) -> None:
        touched = t.LISTINGS.unbound(table).select("product_id")
        if LISTED in self.store.tables():
            self.store.insert(LISTED, touched)
        else:
            self.store.create(LISTED, touched, temporary=True)

    def _changed(self, records: ir.Table) -> int:
        changed = ibis.table({"key": "int64"}, name=merging.CHANGED)
        return self._count(records.select("key").semi_join(changed, "key"))

    def _count(self, rows: ir.Table) -> int:
        return int(self.store.query(rows.agg(n=rows.count()))["n"][0].as_py())

    def _add(self, name: str, count: int) -> None:
        self.rows[name] = self.rows.get(name, 0) + count

    def _intake(self, one: Opened) -> Intake:
        said, shop = self.options.statements, self.options.shop
        calendar = Calendar(said.reading["time_zone"], shop.calendar.week_starts) if "time_zone" in said.reading else shop.calendar
        exported = said.reading.get("exported_at")
        return Intake(
            source=self.source.name,
            scope=said.reading.get("scope", self.source.scope),
            file=one.file.name,
            currency=currency(said.reading["currency"], where="mapping, reading.currency") if "currency" in said.reading else shop.currency,
            calendar=calendar,
            received_at=_naive(self.options.received_at),
            exported_at=_naive(
                parse_instant(exported, calendar, where="mapping, reading.exported_at") if exported else one.file.modified_at
            ),
            has=one.recognised.has,
            settings=said.settings,
        )

    def _known(self, load_id: int) -> tuple[int, int] | None:
        loads = t.LOADS.unbound()
        found = self.store.query(loads.filter(loads.load_id == load_id).select("read_count", "refused_count")).to_pylist()
        return (found[0]["read_count"], found[0]["refused_count"]) if found else None

    def _note_load(self, load_id: int, one: Opened, counts: tuple[int, int, int, int]) -> None:
        read, kept, unchanged, refused = counts
        row = {
            "load_id": load_id, "source": self.source.name, "file": one.file.name, "digest": one.file.digest,
            "loaded_at": _naive(self.options.received_at), "read_count": read, "kept_count": kept, "unchanged_count": unchanged,
            "refused_count": refused,
        }  # fmt: skip
        types = {"id": pa.int64(), "count": pa.int64(), "text": pa.string(), "instant": pa.timestamp("us")}
        self.store.insert("loads", pa.table({c.name: pa.array([row[c.name]], types[c.kind]) for c in t.LOADS.columns}))


_DOCUMENTS = frozenset(table.name for table in merging.DOCUMENT_TABLES)


def _naive(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None) if instant.tzinfo else instant
