"""Whom new evidence may concern: the identifiers it names, and all that links join to them.

People are connected components, so whoever is not connected to what is new stays who they are. A crowd joins nobody: one that was a crowd
before is reached, but no way leads on through it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from patron.facts import tables as t
from patron.identity.customers import ANONYMOUS
from patron.identity.meetings import CROWD, STRONG
from patron.kernel.errors import UnsupportedError
from patron.kernel.expressions import said_once
from patron.kernel.time import moment
from patron.runtime.replacing import Difference, difference
from patron.runtime.telling_apart import CUSTOMERS, IDENTITIES, MERGES, stirred, told_apart

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import ibis.expr.types as ir
    from numpy.typing import NDArray

    from patron.ports.engine import Engine, Few, Store

    Ids = NDArray[np.int64]

_log = logging.getLogger(__name__)

_CROWDS = "_near_crowds"
_NEAR = "_near"
_NEARBY, _CROWDED = ibis.table({"identifier_id": "int64"}, name=_NEAR), ibis.table({"identifier_id": "int64"}, name=_CROWDS)
_IDENTIFIERS, _LINKS, _PROFILES, _MERGES = t.IDENTIFIERS.unbound(), t.LINKS.unbound(), t.PROFILES.unbound(), t.MERGES.unbound()
_IDENTITIES, _CUSTOMERS = t.IDENTITIES.unbound(), t.CUSTOMERS.unbound()


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Rows that belong together: nothing outside can change what is told of them.

    Attributes:
        rows: by table: identifiers, links, profiles, merges, identities and customers.
        crowds: the identifiers (identifier_id) that are known to be crowds although not all whom they met are here.
    """

    rows: Mapping[str, pa.Table]
    crowds: pa.Table

    @property
    def is_of_strangers(self) -> bool:
        """Whether nobody is told of here: browsers that met no one, and are nobody's."""
        told = sum(self.rows[table.get_name()].num_rows for table in (_LINKS, _PROFILES, _MERGES, _IDENTITIES, _CUSTOMERS))
        return not told and set(self.rows[_IDENTIFIERS.get_name()]["kind"].unique().to_pylist()) <= {ANONYMOUS}


@dataclass(frozen=True, slots=True)
class Found:
    """What new evidence comes to.

    Attributes:
        merges: what has to be done for the table of merges to hold what it shall.
        identities: the same, for identities.
        customers: the same, for customers.
        stirred: customers of whom any of it is otherwise than before: customer_id.
        since: when the first of the identifiers that moved was first seen; None where that is not known of all.
    """

    merges: Difference
    identities: Difference
    customers: Difference
    stirred: pa.Table
    since: datetime | None


def found(near: Neighbourhood, store: Store, few: Few | None) -> Found | None:
    """Tell the people of a neighbourhood apart; None where there are none.

    Args:
        near: it.
        store: does it where nobody else can.
        few: does it sooner, if it can.
    """
    if near.is_of_strangers:
        return None
    if few is not None:
        few.clear()
        try:
            return _found(near, few)
        except UnsupportedError as error:
            _log.warning("who is who is left to the store", extra={"action": "tick", "reason": str(error)})
    return _found(near, store)


def _found(near: Neighbourhood, engine: Engine) -> Found:
    """The same, by an engine in which the neighbourhood hides all others."""
    held = {**near.rows, _CROWDS: near.crowds}
    for name, rows in held.items():
        engine.fill(name, rows.to_reader(), temporary=True)
    with told_apart(engine, _CROWDED):
        identities = difference(engine, t.IDENTITIES, IDENTITIES)
        made = Found(
            difference(engine, t.MERGES, MERGES),
            identities,
            difference(engine, t.CUSTOMERS, CUSTOMERS),
            engine.query(stirred()),
            _since(near, identities),
        )
    for name in held:
        engine.drop(name, temporary=True)
    return made


def _since(near: Neighbourhood, identities: Difference) -> datetime | None:
    moved = pa.concat_tables([identities.changed.select(["identifier_id"]), identities.gone])
    known = near.rows["identifiers"].select(["identifier_id", "first_seen_at"])
    seen = known.join(moved, "identifier_id", join_type="left semi")["first_seen_at"]
    return None if seen.null_count or not len(seen) else pc.min(seen).as_py()


def around_the_new(store: Store) -> Neighbourhood:
    """The neighbourhood of the identifiers, links and profiles that were received at the moment.

    Args:
        store: told the moment; identities are those of before.
    """
    frontier = seen = _ids(store, _new())
    crowds = np.empty(0, np.int64)
    while frontier.size:
        ends = _met_by(store, frontier)
        crowded = _crowds_before(store, ends)
        crowds = np.union1d(crowds, crowded)
        leads_on = ~np.isin(_column(ends, "identifier_id"), crowded)
        frontier = np.setdiff1d(_column(ends, "other_id")[leads_on], seen)
        seen = np.union1d(seen, frontier)
    _tell(store, seen)
    rows = {name: store.query(of) for name, of in _of_near().items()}
    store.drop(_NEAR, temporary=True)
    return Neighbourhood(rows, pa.table({"identifier_id": crowds}))


@said_once
def _new() -> ir.Table:
    """The identifiers that new evidence names: identifier_id."""
    links = _LINKS.filter(_LINKS.received_at == moment())
    return ibis.union(
        _IDENTIFIERS.filter(_IDENTIFIERS.received_at == moment()).select("identifier_id"),
        links.select(identifier_id=links.left_id),
        links.select(identifier_id=links.right_id),
        _PROFILES.filter(_PROFILES.received_at == moment()).select("identifier_id"),
    )


def _met_by(store: Store, ids: Ids) -> pa.Table:
    """Whom identifiers met: identifier_id (one of them), other_id, and is_new, whether that was told at the moment."""
    _tell(store, ids)
    return store.query(_meetings())


@said_once
def _meetings() -> ir.Table:
    is_new = _LINKS.received_at == moment()
    left = _LINKS.select(identifier_id=_LINKS.left_id, other_id=_LINKS.right_id, is_new=is_new)
    right = _LINKS.select(identifier_id=_LINKS.right_id, other_id=_LINKS.left_id, is_new=is_new)
    return left.semi_join(_NEARBY, "identifier_id").union(right.semi_join(_NEARBY, "identifier_id"))


def _crowds_before(store: Store, ends: pa.Table) -> Ids:
    """Those of the identifiers that had met more than `CROWD` strong ones before the moment."""
    was = ~ends["is_new"].to_numpy()
    ids, others = _column(ends, "identifier_id")[was], _column(ends, "other_id")[was]
    busy = _more_than_a_crowd(ids)
    if not busy.size:
        return busy
    is_of_busy = np.isin(ids, busy)
    _tell(store, others[is_of_busy])
    known = _IDENTIFIERS.filter(_IDENTIFIERS.strength >= STRONG, _IDENTIFIERS.received_at < moment())
    strong = _ids(store, known.semi_join(_NEARBY, "identifier_id").select("identifier_id"))
    return _more_than_a_crowd(ids[is_of_busy & np.isin(others, strong)])


def _more_than_a_crowd(ids: Ids) -> Ids:
    """The ids that stand in an array more than `CROWD` times; a pair meets in one link only."""
    each, times = np.unique(ids, return_counts=True)
    return each[times > CROWD]


@said_once
def _of_near() -> dict[str, ir.Table]:
    left, right = _NEARBY.select(left_id="identifier_id"), _NEARBY.select(right_id="identifier_id")
    ends = (_NEARBY.select(from_id="identifier_id"), _NEARBY.select(into_id="identifier_id"))
    of = {
        _IDENTIFIERS: _IDENTIFIERS.semi_join(_NEARBY, "identifier_id"),
        _LINKS: _LINKS.semi_join(left, "left_id").semi_join(right, "right_id"),
        _PROFILES: _PROFILES.semi_join(_NEARBY, "identifier_id"),
        _IDENTITIES: _IDENTITIES.semi_join(_NEARBY, "identifier_id"),
        # A customer bears the id of one of its identifiers.
        _CUSTOMERS: _CUSTOMERS.semi_join(_NEARBY.select(customer_id="identifier_id"), "customer_id"),
        _MERGES: ibis.union(_MERGES.semi_join(ends[0], "from_id"), _MERGES.semi_join(ends[1], "into_id"), distinct=True),
    }
    return {table.get_name(): rows for table, rows in of.items()}


def _tell(store: Store, ids: Ids) -> None:
    store.fill(_NEAR, pa.table({"identifier_id": ids}).to_reader(), temporary=True)


def _ids(store: Store, rows: ir.Table) -> Ids:
    return np.unique(_column(store.query(rows), "identifier_id"))


def _column(rows: pa.Table, name: str) -> Ids:
    found: Ids = rows[name].to_numpy()
    return found
