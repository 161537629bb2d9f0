"""Loading one file: staged, refused or made into facts, and counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import ibis

from patron.facts import tables as t
from patron.kernel.ids import derived
from patron.kernel.money import currency
from patron.kernel.time import Calendar, parse_instant
from patron.ports.source import Intake
from patron.runtime.loading_credits import settle_refunds
from patron.runtime.loading_few import made_of_few
from patron.runtime.loading_files import stage
from patron.runtime.loading_heads import TOUCHED_ORDERS
from patron.runtime.loading_lines import load_lines
from patron.runtime.loading_merge import LEFT
from patron.runtime.loading_products import LISTED, project_products
from patron.runtime.loading_refused import keep_refused, refuse
from patron.runtime.loading_report import FileReport
from patron.runtime.loading_rows import load_rows, merge_live, rows_of
from patron.runtime.met import Shortcuts

if TYPE_CHECKING:
    from patron.ports.engine import Store
    from patron.ports.source import Layout, Reader, Source
    from patron.runtime.loading_few import Made
    from patron.runtime.loading_files import Opened, Staged
    from patron.runtime.loading_options import LoadOptions, Steps
    from patron.runtime.loading_rows import Outcome

STEPS = 2


@dataclass(slots=True)
class Loading:
    """The files of one load command, within its transaction."""

    store: Store
    reader: Reader
    source: Source
    options: LoadOptions
    tell: Steps
    shortcuts: Shortcuts = field(default_factory=Shortcuts)
    rows: dict[str, int] = field(default_factory=dict)

    def file(self, one: Opened) -> FileReport:
        """Load one file."""
        layout, name = one.recognised.layout, one.file.name
        intake = self._intake(one)
        zone = intake.calendar.zone
        load_id = derived("load", self.source.name, one.file.digest, intake.scope, intake.currency, zone, repr(self.options.statements))
        self.tell(f"reading {name}")
        made = self._made_of_few(one, intake)
        if made is not None and not made.bad_count:
            return self._told_of_few(one, load_id, made.count, merge_live(self.store, layout, made.rows, self.shortcuts))
        known = self._known(load_id)
        if known:
            read, refused = known
            return FileReport(name, layout.name, load_id, read, 0, read - refused, refused, is_known=True, columns=one.recognised.columns)
        if made is not None:
            good, refused = made.count - made.bad_count, made.bad_count
            problems = keep_refused(self.store, made.refused, load_id=load_id)
            outcome = merge_live(self.store, layout, made.rows, self.shortcuts)
        else:
            staged = self._staged(one, zone)
            good = staged.count - staged.bad_count
            refused, problems = refuse(self.store, self.reader, one.file, staged, load_id=load_id)
            self.tell(f"making facts of {name}")
            outcome = self._loaded(layout, staged, intake)
        self._count(outcome)
        if refused or not self.options.is_live:
            self._note_load(load_id, one, (good + refused, outcome.kept, good - outcome.kept, refused))
        begins_at, ends_at = outcome.span
        return FileReport(
            name, layout.name, load_id, good + refused, outcome.kept, good - outcome.kept, refused,
            columns=one.recognised.columns, money=outcome.money, begins_at=begins_at, ends_at=ends_at, notes=outcome.notes,
            problems=problems,
        )  # fmt: skip

    def _staged(self, one: Opened, zone: str) -> Staged:
        if not self.options.is_live:
            self._forget_refused(one)
        return stage(self.store, self.reader, one, self.options.statements, zone)

    def _loaded(self, layout: Layout, staged: Staged, intake: Intake) -> Outcome:
        if layout.grain == "lines":
            return load_lines(self.store, staged.usable, intake, staged.zone)
        if self.options.is_live:
            return merge_live(self.store, layout, rows_of(self.store, layout, staged.usable, intake), self.shortcuts)
        return load_rows(self.store, layout, staged.usable, intake)

    def finish(self) -> frozenset[str]:
        """Work out what follows from all files together; the tables that are left for a tick."""
        self.tell("finishing")
        there = self.store.tables()
        following = {}
        if TOUCHED_ORDERS in there:
            following["refunds"] = settle_refunds(self.store)
        if LISTED in there:
            following["products"] = project_products(self.store)
        for table, number in following.items():
            if number:
                self.rows[table] = self.rows.get(table, 0) + number
        scratch = {name for name in (self.store.tables() if following else there) if name.startswith("_load_")}
        left = LEFT & scratch if self.options.is_live else frozenset()
        for name in sorted(scratch - left):
            self.store.drop(name)
        return left

    def _made_of_few(self, one: Opened, intake: Intake) -> Made | None:
        few = self.shortcuts.few
        return made_of_few(few, self.reader, one, self.options.statements, intake) if few is not None else None

    def _told_of_few(self, one: Opened, load_id: int, count: int, outcome: Outcome) -> FileReport:
        """All of the records were usable, so the load is not noted."""
        self._count(outcome)
        columns = one.recognised.columns
        return FileReport(one.file.name, one.recognised.layout.name, load_id, count, outcome.kept, count - outcome.kept, 0, columns=columns)

    def _count(self, outcome: Outcome) -> None:
        for table, number in outcome.rows.items():
            self.rows[table] = self.rows.get(table, 0) + number

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
            is_live=self.options.is_live,
            settings=said.settings,
        )

    def _known(self, load_id: int) -> tuple[int, int] | None:
        loads = t.LOADS.unbound()
        found = self.store.query(loads.filter(loads.load_id == load_id).select("read_count", "refused_count")).to_pylist()
        return (found[0]["read_count"], found[0]["refused_count"]) if found else None

    def _forget_refused(self, one: Opened) -> None:
        """What an earlier load of the same file refused is being read anew, by another mapping."""
        loads = t.LOADS.unbound()
        before = loads.filter(loads.digest == one.file.digest, loads.source == self.source.name).select("load_id")
        self.store.delete("refused", before, ("load_id",))

    def _note_load(self, load_id: int, one: Opened, counts: tuple[int, int, int, int]) -> None:
        read, kept, unchanged, refused = counts
        row = {
            "load_id": load_id, "source": self.source.name, "file": one.file.name, "digest": one.file.digest,
            "loaded_at": _naive(self.options.received_at), "read_count": read, "kept_count": kept, "unchanged_count": unchanged,
            "refused_count": refused,
        }  # fmt: skip
        noted = {c.name: ibis.literal(row[c.name], type=c.type) for c in t.LOADS.columns}
        self.store.insert("loads", ibis.literal(load_id).as_table().select(**noted))


def _naive(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None) if instant.tzinfo else instant
