"""Reading files into the project, and looking at what was refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.app.rates import without_rates
from patron.collect.mapping import Statements, statements
from patron.facts.tables import REFUSED
from patron.kernel.errors import InputError
from patron.kernel.problems import Problem
from patron.kernel.time import iso
from patron.runtime import loading
from patron.runtime.loading_refused import problem_of
from patron.runtime.resolving import resolve

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from patron.app.project import Project
    from patron.runtime.loading import FileReport, LoadReport, MoneyOf, Progress


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did, how many customers there are now, and what is to be known about all facts."""

    report: LoadReport
    customers: int
    merges: int
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {
            "source": self.report.source,
            "files": [_file_json(f) for f in self.report.files],
            "rows": dict(self.report.rows),
            "customers": self.customers,
            "merges": self.merges,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Refusal:
    """One problem of a record that could not be used."""

    file: str
    line: int
    problem: Problem
    record: str

    def as_json(self) -> dict[str, object]:
        """For programs."""
        p = self.problem
        return {
            "file": self.file,
            "line": self.line,
            "where": p.where,
            "found": p.found,
            "expected": p.expected,
            "hint": p.hint,
            "record": self.record,
        }


@dataclass(frozen=True, slots=True)
class Refusals:
    """Some of the problems of records that could not be used."""

    total: int
    offset: int
    rows: tuple[Refusal, ...]

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {"total": self.total, "offset": self.offset, "refused": [r.as_json() for r in self.rows]}


def load(project: Project, source: str, files: Sequence[Path], *, mapping: Path | None = None, progress: Progress) -> Loaded:
    """Read files into facts and find out whose they are; all of it is kept, or nothing.

    Raises:
        InputError: there is no such source, or a file or the mapping is not what it claims; with all problems.
    """
    now = project.clock.now()
    options = loading.LoadOptions(received_at=now, shop=project.shop, statements=_statements(mapping))
    with project.store.transaction():
        report = loading.load(project.store, source, files, options, progress)
        progress(0, 1, "finding out who is who")
        resolution = resolve(project.store, now=now)
        notes = tuple(f"Not counted, as they cannot be converted to {project.shop.currency}: {p}" for p in without_rates(project))
    return Loaded(report, resolution.customers, resolution.merges, notes)


def suggest_map(project: Project, source: str, file: Path) -> str:
    """A mapping for a file, as TOML for the user to put right."""
    return loading.suggest_map(project.store, source, file)


def refused(project: Project, *, limit: int, offset: int) -> Refusals:
    """The problems of records that could not be used, by file and line."""
    rows = REFUSED.unbound()
    total = project.store.query(rows.aggregate(n=rows.count())).column("n")[0].as_py()
    some = rows.order_by("file", "line", "column").limit(limit, offset=offset)
    found = project.store.query(some).to_pylist()
    return Refusals(total, offset, tuple(Refusal(r["file"], r["line"], problem_of(r), r["record"] or "") for r in found))


def _statements(mapping: Path | None) -> Statements:
    if mapping is None:
        return Statements()
    try:
        return statements(mapping.read_text(encoding="utf-8"), where=mapping.name)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("The mapping cannot be read.", [Problem(str(mapping), "", "a TOML file in UTF-8")]) from error


def _file_json(file: FileReport) -> dict[str, object]:
    return {
        "file": file.file,
        "layout": file.layout,
        "read": file.read,
        "kept": file.kept,
        "unchanged": file.unchanged,
        "refused": file.refused,
        "known_already": file.is_known,
        "columns": dict(file.columns),
        "money": [_money_json(m) for m in file.money],
        "begins_at": file.begins_at and iso(file.begins_at),
        "ends_at": file.ends_at and iso(file.ends_at),
        "notes": list(file.notes),
        "problems": [str(p) for p in file.problems],
    }


def _money_json(money: MoneyOf) -> dict[str, object]:
    parts = {"sales": money.sales, "refunds": money.refunds, "adjustments": money.adjustments, "unpaid": money.unpaid, "total": money.total}
    return {name: amount.as_json() for name, amount in parts.items()}
