"""What arrives at a server, newest last, and what of it was refused: as it comes, and as facts are made of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from patron.app.cursors import LATEST, behind, instant_of, parts_of, place, whole_of
from patron.facts import tables as t
from patron.kernel.errors import InputError
from patron.kernel.expressions import said_once
from patron.kernel.problems import Problem
from patron.kernel.time import iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import ibis.expr.types as ir

    from patron.app.project import Project
    from patron.ports.inbox import Entry, Inbox

_LOADS, _REFUSED = t.LOADS.unbound(), t.REFUSED.unbound()
_KEY = ("loaded_at", "load_id", "line")
_EXAMPLE = "2026-11-26T08:00:00Z,1234,7"


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Records in the order in which they came.

    Attributes:
        entries: of the inbox.
        next: the cursor behind the last of them.
    """

    entries: Sequence[Entry]
    next: int

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {"events": [{"position": e.position, **json.loads(e.body)} for e in self.entries], "next": str(self.next)}


@dataclass(frozen=True, slots=True)
class Refused:
    """Records that were kept but could not become facts.

    Attributes:
        records: each with all that is wrong with it.
        next: the cursor behind the last of them.
    """

    records: tuple[Mapping[str, object], ...]
    next: str

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {"refused": list(self.records), "next": self.next}


def arrivals(inbox: Inbox, *, after: str = "", limit: int = 100) -> Arrivals:
    """What has come behind a position and is still in the inbox; entries that became facts long ago are not.

    Args:
        inbox: of the server.
        after: a position, or `latest` for none but those to come; from the oldest there is if not given.
        limit: how many at most.

    Raises:
        InputError: the cursor cannot be used.
    """
    last = inbox.last
    if after == LATEST:
        return Arrivals((), last)
    if after and not (after.isascii() and after.isdigit() and len(after) < 19):
        raise InputError("The cursor cannot be used.", [Problem("after", after, f"a position that was told as `next`, or {LATEST}")])
    position = min(int(after or 0), last)
    entries = inbox.read(position, most=limit)
    return Arrivals(entries, entries[-1].position if entries else position)


def refused(project: Project, *, after: str = "", limit: int = 100) -> Refused:
    """What could not become facts, and why, in the order in which it was found.

    Args:
        project: its.
        after: a cursor, an instant, or `latest` for none but those to come; from the beginning if not given.
        limit: how many records at most.

    Raises:
        InputError: the cursor cannot be used.
    """
    if after == LATEST:
        last = project.store.query(_LOADS.aggregate(at=_LOADS.loaded_at.max()))["at"][0].as_py()
        return Refused((), iso(last) if last else "")
    parts = parts_of(after, (instant_of, whole_of, whole_of), _EXAMPLE) if after else ()
    found = project.store.ask(_of_records(len(parts), limit), place(parts)).to_pylist()
    told = tuple(_told(found))
    return Refused(told, ",".join([iso(found[-1]["loaded_at"]), str(found[-1]["load_id"]), str(found[-1]["line"])]) if found else after)


@said_once
def _of_records(parts: int, limit: int) -> ir.Table:
    """What is refused of so many records, behind a place that is given, or from the beginning."""
    rows = _REFUSED.join(_LOADS.select("load_id", "loaded_at", "source"), "load_id")
    records = rows.select(*_KEY).distinct()
    later = records.filter(behind([records[c] for c in _KEY], parts)) if parts else records
    page = later.order_by(*_KEY).limit(limit).select("load_id", "line")
    return rows.semi_join(page, ["load_id", "line"]).order_by(*_KEY, "column")


def _told(rows: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, object]]:
    for _, several in groupby(rows, key=lambda row: [row[c] for c in _KEY]):
        problems = list(several)
        first = problems[0]
        yield {
            "at": iso(first["loaded_at"]),
            "source": first["source"],
            "file": first["file"],
            "line": first["line"],
            "record": first["record"],
            "problems": [{"column": p["column"], "found": p["value"], "expected": p["expected"], "hint": p["hint"]} for p in problems],
        }
