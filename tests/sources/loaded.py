"""Stores with files loaded, for tests of sources."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from patron.adapters.engines.duckdb import DuckDBEngine
from patron.collect.mapping import statements
from patron.facts.shop import Shop
from patron.runtime import loading
from patron.runtime.resolving import resolve

if TYPE_CHECKING:
    from patron.runtime.loading import FileReport, LoadReport

DATA = Path(__file__).resolve().parents[2] / "../shared/data"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Loaded:
    """A store in memory; files are loaded into it and questions asked in SQL."""

    def __init__(self) -> None:
        self.store = DuckDBEngine(threads=1)

    def load(self, source: str, *files: Path, mapping: str = "", shop: Shop | None = None) -> LoadReport:
        options = loading.LoadOptions(received_at=NOW, shop=shop or Shop(), statements=statements(mapping))
        return loading.load(self.store, source, list(files), options)

    def one(self, source: str, file: Path, *, mapping: str = "", shop: Shop | None = None) -> FileReport:
        return self.load(source, file, mapping=mapping, shop=shop).files[0]

    def resolve(self) -> None:
        resolve(self.store, now=NOW)

    def rows(self, query: str) -> list[Any]:
        return self.store.connection.sql(query).fetchall()

    def row(self, query: str) -> Any:
        (only,) = self.rows(query)
        return only


def counts(report: FileReport) -> tuple[int, int, int, int]:
    """Read, kept, unchanged, refused."""
    return report.read, report.kept, report.unchanged, report.refused


def problems(report: FileReport) -> list[str]:
    return [str(p) for p in report.problems]
