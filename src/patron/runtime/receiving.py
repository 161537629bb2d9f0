"""What the inbox holds becomes facts, by the same layouts as files: a live record and a line of a file mean the same."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime  # msgspec reads the type
from typing import TYPE_CHECKING

import msgspec

from patron.facts import tables as t
from patron.kernel.arrow import arrow_rows
from patron.kernel.errors import InputError
from patron.kernel.ids import derived
from patron.kernel.problems import Problem
from patron.kernel.time import in_utc
from patron.runtime.loading import load_live

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from patron.ports.engine import Store
    from patron.ports.inbox import Entry
    from patron.runtime.loading_options import LoadOptions
    from patron.runtime.met import Shortcuts


_KINDS = 50
"""So many kinds of records are read apart; those of others together."""


@dataclass(slots=True)
class Received:
    """What became of entries.

    Attributes:
        records: how many were read.
        refused: how many of them could not be used.
        written: rows that were written, by table; those that have none are left out.
        between: when the first and the last of them were received.
        left: the tables of `loading_merge.LEFT` that there are: scratch, for what follows in the tick.
    """

    records: int = 0
    refused: int = 0
    written: dict[str, int] = field(default_factory=dict)
    between: tuple[datetime, datetime] | None = None
    left: frozenset[str] = frozenset()


def receive(store: Store, entries: Iterable[Entry], options: LoadOptions, shortcuts: Shortcuts) -> Received:
    """Make facts of entries; what cannot be used is kept among the refused.

    Args:
        store: it, within a transaction.
        entries: of the inbox, in order.
        options: when this is done, which new facts carry as `received_at`; currency and calendar, where records do not say.
        shortcuts: what spares asking the store; with them the events wait that were received.
    """
    receiving = _Receiving(store, options, shortcuts)
    told = [_read(entry.body) for entry in entries]
    instants = [one.received_at for one in told]
    receiving.received.between = (min(instants), max(instants)) if instants else None
    for (source, _), records in _by_kind(told).items():
        receiving.take(source, records)
    return receiving.received


def set_aside(store: Store, entries: Sequence[Entry], *, at: datetime) -> Received:
    """Keep entries among the refused without looking at what they say: those at which everything stops.

    Args:
        store: it, within a transaction.
        entries: of the inbox.
        at: when this is done.
    """
    stopped = InputError("The record cannot be read.", [Problem("", "", "a record that Patron can work on; please report this one")])
    for entry in entries:
        _refuse(store, "inbox", entry.body, stopped, at=at)
    return Received(len(entries), len(entries))


class _Told(msgspec.Struct, frozen=True, gc=False):
    """What an entry of the inbox says: its record is left as it is."""

    source: str
    received_at: datetime
    record: msgspec.Raw
    kind: str = ""


_read = msgspec.json.Decoder(_Told).decode


@dataclass(slots=True)
class _Receiving:
    store: Store
    options: LoadOptions
    shortcuts: Shortcuts
    received: Received = field(default_factory=Received)

    def take(self, source: str, records: Sequence[bytes]) -> None:
        """Load records; some that cannot be read together are taken apart until what is wrong stands alone."""
        try:
            report = load_live(self.store, source, records, self.options, self.shortcuts)
        except InputError as error:
            if len(records) == 1:
                _refuse(self.store, source, records[0], error, at=self.options.received_at)
                self._count(1, 1)
                return
            half = len(records) // 2
            self.take(source, records[:half])
            self.take(source, records[half:])
            return
        self._count(report.read, report.refused)
        self.received.left |= report.left
        for table, number in report.rows.items():
            if number:
                self.received.written[table] = self.received.written.get(table, 0) + number

    def _count(self, read: int, refused: int) -> None:
        self.received.records += read
        self.received.refused += refused


def _refuse(store: Store, source: str, record: bytes, error: InputError, *, at: datetime) -> None:
    text, file = record.decode(errors="replace"), f"{source}.jsonl"
    load_id = derived("received", source, text)
    if store.pick(t.LOADS.name, ("load_id",), ("load_id", load_id)):
        return  # it was sent and refused before
    problem = error.problems[0] if error.problems else None
    row = {
        "load_id": load_id, "file": file, "line": 1, "record": text,
        "column": problem.where if problem else None, "value": problem.found if problem else None,
        "expected": problem.expected if problem else error.message, "hint": (problem.hint or None) if problem else None,
    }  # fmt: skip
    load = {
        "load_id": load_id, "source": source, "file": file, "digest": hashlib.sha256(record).hexdigest(),
        "loaded_at": in_utc(at), "read_count": 1, "kept_count": 0, "unchanged_count": 0, "refused_count": 1,
    }  # fmt: skip
    store.insert(t.REFUSED.name, arrow_rows(t.REFUSED, [row]))
    store.insert(t.LOADS.name, arrow_rows(t.LOADS, [load]))


def _by_kind(entries: Iterable[_Told]) -> Mapping[tuple[str, str], list[bytes]]:
    """Records by their source and kind: those of one kind have the same fields, for which what reads them was said before."""
    found: dict[tuple[str, str], list[bytes]] = {}
    for told in entries:
        kind = told.kind if len(found) < _KINDS else ""
        found.setdefault((told.source, kind), []).append(bytes(told.record))
    return found
