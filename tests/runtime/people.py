"""Identifiers, links and facts of made-up people, for tests of resolving."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from patron.facts import tables as t
from patron.kernel.ids import derived
from patron.testing.tiny import tiny_rows, tiny_shop

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from patron.adapters.engines.duckdb import DuckDBEngine

NOW = datetime(2024, 6, 1, tzinfo=UTC)
_STRENGTHS = {"n": ("customer_number", "shop", 3), "e": ("email", "", 3), "p": ("phone", "", 2), "b": ("anonymous_id", "shop", 1)}


def who(name: str) -> int:
    """The id of the identifier with a short name: n1 a customer number, e1 an address, p1 a phone, b1 a browser, r1 a role address."""
    kind, scope, _ = _STRENGTHS["e" if name[0] == "r" else name[0]]
    return derived(kind, scope, name)


def shop(
    born: Mapping[str, str | None], met: Iterable[tuple[str, str, str | None]], **facts: Sequence[Mapping[str, object]]
) -> DuckDBEngine:
    """A store with these identifiers (name: first seen), meetings (name, name, instant) and facts; nothing is resolved yet."""
    return tiny_shop({"identifiers": [identifier(n, at) for n, at in born.items()], "links": [link(*m) for m in met], **facts})


def identifier(name: str, born: str | None) -> dict[str, object]:
    kind, scope, strength = _STRENGTHS["e" if name[0] == "r" else name[0]]
    strong = 1 if name[0] == "r" else strength
    return {"identifier_id": who(name), "kind": kind, "scope": scope, "value": name, "strength": strong, "first_seen_at": born}


def link(one: str, other: str, at: str | None) -> dict[str, object]:
    left, right = sorted((who(one), who(other)))
    return {"link_id": derived("link", str(left), str(right)), "left_id": left, "right_id": right, "observed_at": at}


def add(store: DuckDBEngine, table: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Append rows as loading would."""
    if rows:
        store.insert(table, tiny_rows(t.BY_NAME[table], rows))


def people(store: DuckDBEngine) -> set[frozenset[str]]:
    """Who is one person: the names of the identifiers of each customer."""
    rows = store.connection.sql("SELECT list(value) FROM identities JOIN identifiers USING (identifier_id) GROUP BY customer_id").fetchall()
    return {frozenset(r[0]) for r in rows}


def rows(store: DuckDBEngine, query: str) -> list[Any]:
    return store.connection.sql(query).fetchall()
