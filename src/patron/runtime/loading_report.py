"""What a load did: per file, in rows, in money, in sentences."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from patron.kernel.money import Money
    from patron.kernel.problems import Problem


@dataclass(frozen=True, slots=True)
class MoneyOf:
    """The money of the orders in a file, in one currency: what the records say, before anything is left out.

    Attributes:
        sales: totals of orders that are sales.
        refunds: totals given back.
        adjustments: totals of what is neither sale nor refund: bad debt, stock corrections.
        unpaid: totals of orders that nobody has paid.
        total: sales and adjustments less refunds: the file's money.
    """

    sales: Money
    refunds: Money
    adjustments: Money
    unpaid: Money
    total: Money


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file.

    Attributes:
        file: its name.
        layout: what it was recognised as.
        load_id: the load in `facts.LOADS`.
        read: records in the file; always kept + unchanged + refused.
        kept: records that became or changed facts.
        unchanged: records that were known already.
        refused: records that could not be used.
        is_known: the same file was loaded before; nothing was done.
        columns: which column each field was read from.
        money: per currency.
        begins_at: the earliest order, event … in the file.
        ends_at: the latest.
        notes: sentences that a person should read.
        problems: the first problems of refused records; all are kept in the store.
    """

    file: str
    layout: str
    load_id: int
    read: int
    kept: int
    unchanged: int
    refused: int
    is_known: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    money: tuple[MoneyOf, ...] = ()
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load command did.

    Attributes:
        source: the source's name.
        files: in the order they were given.
        rows: rows added or replaced, per fact table.
        left: the scratch tables that a live load leaves for the tick that it is part of.
    """

    source: str
    files: tuple[FileReport, ...]
    rows: Mapping[str, int] = field(default_factory=dict)
    left: frozenset[str] = frozenset()

    @property
    def read(self) -> int:
        """Records in all files."""
        return sum(f.read for f in self.files)

    @property
    def kept(self) -> int:
        """Records that became or changed facts."""
        return sum(f.kept for f in self.files)

    @property
    def unchanged(self) -> int:
        """Records that were known already."""
        return sum(f.unchanged for f in self.files)

    @property
    def refused(self) -> int:
        """Records that could not be used."""
        return sum(f.refused for f in self.files)
