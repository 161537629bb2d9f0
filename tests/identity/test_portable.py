from __future__ import annotations

import ibis
import pytest
from ibis.backends.sql.compilers import DuckDBCompiler, PySparkCompiler

from patron.facts import tables as t
from patron.identity import components, customers, meetings
from patron.identity.evidence import evidence

_I, _L, _P, _M, _ID = (table.unbound() for table in (t.IDENTIFIERS, t.LINKS, t.PROFILES, t.MERGES, t.IDENTITIES))
_EDGES, _PARENTS = ibis.table(components.EDGES, name="edges"), ibis.table(components.PARENTS, name="parents")
_LABELS, _MET = ibis.table(components.LABELS, name="labels"), ibis.table(meetings.MEETINGS, name="met")
_MEMBERS = ibis.table(meetings.MEMBERS, name="members")
_EXPRESSIONS = {
    "edges": components.edges(_MET),
    "own_labels": components.own_labels(_EDGES),
    "parents": components.parents(_EDGES),
    "grandparents": components.grandparents(_PARENTS),
    "contracted": components.contracted(_EDGES, _PARENTS),
    "relabelled": components.relabelled(_LABELS, _PARENTS),
    "crowds": meetings.crowds(_I, _L),
    "meetings": meetings.meetings(_I, _L, meetings.crowds(_I, _L)),
    "firm": meetings.firm(_MET),
    "weak": meetings.weak(_MET),
    "mixed": meetings.mixed(_MET),
    "members": meetings.members(_I, _LABELS),
    "suspects": meetings.suspects(_MEMBERS, _MET, meetings.apart(_M)),
    "roots": customers.roots(_MEMBERS),
    "alone": customers.alone(_I, _LABELS),
    "visitors": customers.visitors(meetings.mixed(_MET), _LABELS, _ID),
    "shared": customers.shared(_I, _LABELS, _ID),
    "customers": customers.customers(_ID, _I, _P),
    "evidence": evidence(_I, _L, _P, _M),
}


@pytest.mark.parametrize("name", _EXPRESSIONS)
def test_the_expression_compiles_on_both_engines(name: str) -> None:
    for compiler, dialect in ((DuckDBCompiler(), "duckdb"), (PySparkCompiler(), "spark")):
        assert compiler.to_sqlglot(_EXPRESSIONS[name]).sql(dialect=dialect)


def test_customers_have_the_declared_columns() -> None:
    assert _EXPRESSIONS["customers"].schema().names == t.CUSTOMERS.schema().names
