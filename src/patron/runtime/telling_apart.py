"""Telling people apart: identities, merges and customers worked out from the identifiers, links, profiles and merges that an engine holds.

The steps are set-wise expressions of `patron.identity`; only components that may hold more than one earlier customer are taken apart one
meeting at a time. They run on the store, about everybody, and on any engine that holds a neighbourhood: whatever is connected.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from patron.facts import tables as t
from patron.identity import components, customers, meetings
from patron.identity.merging import Meeting, Member, Merge, history
from patron.kernel.expressions import said_once
from patron.kernel.ids import derived

if TYPE_CHECKING:
    from collections.abc import Iterator

    import ibis.expr.types as ir

    from patron.ports.engine import Engine

_IDENTIFIERS, _LINKS, _PROFILES, _MERGES = t.IDENTIFIERS.unbound(), t.LINKS.unbound(), t.PROFILES.unbound(), t.MERGES.unbound()

# Scratch tables: made and dropped within one resolving.
_SCRATCH = tuple(
    f"_who_{name}"
    for name in (
        "labels", "members", "settled", "visitors", "meetings", "edges", "parents", "crowds", "suspects", "people", "known", "identities",
        "found", "merges", "customers",
    )
)  # fmt: skip
(
    _LABELS, _MEMBERS, _SETTLED, _VISITORS, _MEETINGS, _EDGES, _PARENTS, _CROWDS, _SUSPECTS, _PEOPLE, _KNOWN, _NEW_IDENTITIES,
    _FOUND, _NEW_MERGES, _NEW_CUSTOMERS,
) = _SCRATCH  # fmt: skip
_CROWD = ibis.table({"identifier_id": "int64"}, name=_CROWDS)
_MET, _EDGE, _PARENT = (
    ibis.table(meetings.MEETINGS, name=_MEETINGS), ibis.table(components.EDGES, name=_EDGES), ibis.table(components.PARENTS, name=_PARENTS)
)  # fmt: skip
_LABEL = {name: ibis.table(components.LABELS, name=name) for name in (_LABELS, _VISITORS)}
_MEMBER, _SUSPECT, _SETTLED_MEMBER = (ibis.table(meetings.MEMBERS, name=name) for name in (_MEMBERS, _SUSPECTS, _SETTLED))
_PERSON, _KNOWN_PERSON = t.IDENTITIES.unbound(_PEOPLE), t.IDENTITIES.unbound(_KNOWN)

MERGES = t.MERGES.unbound(_NEW_MERGES)
"""All merges: those that were undone, and those that hold."""
IDENTITIES = t.IDENTITIES.unbound(_NEW_IDENTITIES)
"""Whom each identifier points at."""
CUSTOMERS = t.CUSTOMERS.unbound(_NEW_CUSTOMERS)
"""What is known of each person."""


@contextmanager
def told_apart(engine: Engine, crowds: ir.Table | None = None) -> Iterator[None]:
    """As long as the block runs, the engine has the tables `MERGES`, `IDENTITIES` and `CUSTOMERS`. Where it fails, so does its transaction.

    Args:
        engine: holds identifiers, links, profiles and merges: all, or those of a neighbourhood.
        crowds: identifiers (identifier_id) known to have met so many that they name nobody, beyond those that the links tell.
    """
    _join_people(engine, crowds)
    _join_visitors(engine)
    engine.create(_NEW_CUSTOMERS, customers.customers(IDENTITIES, _IDENTIFIERS, _PROFILES), temporary=True)
    yield
    for name in _SCRATCH:
        engine.drop(name, temporary=True)


@said_once
def stirred() -> ir.Table:
    """Within `told_apart`: whose identifiers or profile are otherwise than kept, those that are no more among them (customer_id)."""
    identities, kept = t.IDENTITIES.unbound(), t.CUSTOMERS.unbound()
    moved = IDENTITIES.difference(identities).union(identities.difference(IDENTITIES))
    told = CUSTOMERS.difference(kept).union(kept.difference(CUSTOMERS))
    return ibis.union(moved.select("customer_id"), told.select("customer_id"), distinct=True)


def _join_people(engine: Engine, crowds: ir.Table | None) -> None:
    """Make `_MEETINGS`, `_PEOPLE` (identities of firm identifiers) and `_NEW_MERGES`."""
    found = meetings.crowds(_IDENTIFIERS, _LINKS)
    engine.create(_CROWDS, found if crowds is None else found.union(crowds, distinct=True), temporary=True)
    engine.create(_MEETINGS, meetings.meetings(_IDENTIFIERS, _LINKS, _CROWD), temporary=True)
    firm = meetings.firm(_MET)
    _label(engine, firm, _LABELS)
    engine.create(_MEMBERS, meetings.members(_IDENTIFIERS, _LABEL[_LABELS]), temporary=True)
    joined, merges = _settled(engine, firm)
    engine.create(_PEOPLE, joined.union(customers.alone(_IDENTIFIERS, _LABEL[_LABELS])), temporary=True)
    undone = _undone()
    if merges:
        engine.fill(_FOUND, _merge_rows(merges).to_reader(), temporary=True)
        undone = undone.union(t.MERGES.unbound(_FOUND).anti_join(undone, "merge_id"))
    engine.create(_NEW_MERGES, undone, temporary=True)


def _join_visitors(engine: Engine) -> None:
    """Make `_NEW_IDENTITIES`: of people, of visitors that are known to be one of them, and of shared addresses."""
    _label(engine, meetings.weak(_MET), _VISITORS)
    labels = _LABEL[_VISITORS]
    engine.create(_KNOWN, _PERSON.union(customers.visitors(meetings.mixed(_MET), labels, _PERSON)), temporary=True)
    engine.create(_NEW_IDENTITIES, _KNOWN_PERSON.union(customers.shared(_IDENTIFIERS, labels, _KNOWN_PERSON)), temporary=True)


def _label(engine: Engine, met: ir.Table, name: str) -> None:
    """Make the table `name`: the connected components of these meetings, as `components.LABELS`."""
    engine.create(_EDGES, components.edges(met), temporary=True)
    engine.create(name, components.own_labels(_EDGE), temporary=True)
    while engine.query(_first(_EDGE)).num_rows:
        engine.create(_PARENTS, components.parents(_EDGE), temporary=True)
        engine.create(_PARENTS, components.grandparents(_PARENT), temporary=True)
        engine.create(name, components.relabelled(_LABEL[name], _PARENT), temporary=True)
        engine.create(_EDGES, components.contracted(_EDGE, _PARENT), temporary=True)


def _settled(engine: Engine, met: ir.Table) -> tuple[ir.Table, list[Merge]]:
    """Whom the labelled identifiers resolve to, suspect components taken apart; and the merges found."""
    apart = meetings.apart(_MERGES)
    engine.create(_SUSPECTS, _MEMBER.semi_join(meetings.suspects(_MEMBER, met, apart), "label"), temporary=True)
    people = engine.query(_SUSPECT)
    if not people.num_rows:
        return customers.roots(_MEMBER), []
    among = met.semi_join(_SUSPECT, met.left_id == _SUSPECT.identifier_id)
    among = among.select("link_id", "left_id", "right_id", "observed_at", "source")
    pairs = [(row["from_id"], row["into_id"]) for row in engine.query(apart).to_pylist()]
    rows = people.drop_columns(["label"]).to_pylist()
    roots, merges = history([Member(**row) for row in rows], [Meeting(**row) for row in engine.query(among).to_pylist()], pairs)
    label = people.column_names.index("label")
    settled = people.set_column(label, "label", pa.array([roots[row["identifier_id"]] for row in rows], pa.int64()))
    engine.fill(_SETTLED, settled.to_reader(), temporary=True)
    return customers.roots(_MEMBER.anti_join(_SUSPECT, "identifier_id").union(_SETTLED_MEMBER)), merges


@said_once
def _undone() -> ir.Table:
    return _MERGES.filter(_MERGES.undone_at.notnull())


@said_once
def _first(rows: ir.Table) -> ir.Table:
    return rows.limit(1)


def merge_id(link_id: int) -> int:
    """The id of the merge that a link made."""
    return derived("merge", str(link_id))


def _merge_rows(merges: list[Merge]) -> pa.Table:
    rows = [
        {
            "merge_id": merge_id(m.meeting.link_id),
            "from_id": m.from_id,
            "into_id": m.into_id,
            "link_id": m.meeting.link_id,
            "reason": m.reason,
            "merged_at": m.meeting.observed_at,
            "undone_at": None,
            "source": m.meeting.source,
        }
        for m in merges
    ]
    return pa.Table.from_pylist(rows, t.MERGES.schema().to_pyarrow())
