"""How large tables of facts lie in the store: the rows of a customer beside each other, but for those that have come lately.

Facts come in the order of time, and a tick asks for those of a few hundred customers, which then lie everywhere. So now and then a table
is written anew in the order of customers: when everything is worked out anyway, and a good part of it is scattered. Events of long ago,
which most are and hardly anything reads, stand by themselves: whoever asks for recent ones passes them by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from patron.facts import tables as t
from patron.facts.as_of import HAPPENED, RECENT
from patron.kernel.tables import Column, Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from patron.ports.engine import Store

LAYOUT = Table(
    "layout",
    "one row per table of facts whose rows were put in the order of customers",
    ("table_name",),
    (
        Column("table_name", "text", "the table", required=True),
        Column("gathered_count", "count", "how many rows it had then; those that have come since lie behind them", required=True),
    ),
)
_ROWS = LAYOUT.unbound()
_LARGE = (t.ORDERS, t.ORDER_LINES, t.EVENTS, t.MESSAGES)
_FEW, _SHARE = 1_000_000, 0.2
"""So few rows are looked through at once, wherever they lie; and such a part of a table may be scattered."""
_INDEXED = (
    (t.IDENTIFIERS, "identifier_id"),
    (t.IDENTITIES, "identifier_id"),
    (t.LINKS, "left_id"),
    (t.LINKS, "right_id"),
    (t.PROFILES, "identifier_id"),
    *((table, "customer_id") for table in t.FACTS if "customer_id" in table and table not in _LARGE),
)


def index_facts(store: Store) -> None:
    """Have rows of few customers found in the tables that are not put in their order, and those of few identifiers.

    Args:
        store: it, within a transaction, with all tables of facts.
    """
    for table, column in _INDEXED:
        store.index(table.name, column)


def scattered(store: Store, *, few: int | None = None) -> Sequence[Table]:
    """The tables of which a good part is scattered.

    Args:
        store: holds `LAYOUT` and the facts.
        few: so many scattered rows do not matter; a million if not given.
    """
    gathered = {row["table_name"]: row["gathered_count"] for row in store.query(_ROWS).to_pylist()}
    found = []
    for table in _LARGE:
        rows = table.unbound()
        count = store.query(rows.aggregate(n=rows.count()))["n"][0].as_py()
        if count - gathered.get(table.name, 0) > max(_FEW if few is None else few, _SHARE * count):
            found.append(table)
    return found


def gather(store: Store, table: Table, *, now: datetime) -> None:
    """Put the rows of each customer beside each other, all of them or none; nothing else about them changes.

    Args:
        store: it; whoever reads meanwhile sees the table as it was.
        table: of facts about customers.
        now: the present, which tells what is recent.
    """
    happened = HAPPENED[table.name]
    old = (happened, now - RECENT) if table is t.EVENTS else None
    with store.transaction():
        count = store.arrange(table, ("customer_id", happened), first=old)
        store.delete(LAYOUT.name, _ROWS.filter(_ROWS.table_name == table.name).select("table_name"), ("table_name",))
        store.insert(LAYOUT.name, pa.table({"table_name": [table.name], "gathered_count": [count]}))
