"""Records of webhooks: a topic and a payload, so that deliveries about orders, customers and products may stand in one file.

{"topic": "orders/updated", "shop": "…", "webhook_id": "…", "triggered_at": "…", "payload": {…}}

What the payloads of some topics are is an ordinary layout, whose fields are paths in the payload; `enveloped` makes one of several.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

import ibis

from patron.adapters.sources.payloads_json import each, number_with, texts_at
from patron.facts import tables as t
from patron.ports.source import Check, Field, Layout, Note

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import ibis.expr.types as ir

    from patron.ports.source import Intake

ENVELOPE = (
    Field("topic", "text", needed=True, filled=True),
    Field("payload", "json", needed=True, filled=True),
    Field("shop", "text"),
    Field("webhook_id", "reference"),
    Field("triggered_at", "text"),
    Field("received_at", "text"),
)
"""What stands around a payload."""
_ROUND = tuple(f.name for f in ENVELOPE)
_TABLES = {table.name: table for table in (*t.FACTS, *t.LEDGER)}
EVERY_LINE_HAS_AN_ID = Check(
    "line_items", lambda r: number_with(r.line_items, "id") < each(r.line_items).length(), "an id for every line item"
)
"""What tells a line of an order from the others of it."""
_NO = ibis.literal(value=False)


@dataclass(frozen=True, slots=True)
class Payload:
    """What the payloads of some topics are.

    Attributes:
        is_of: over topics in lower case, whether it is one of them.
        layout: of the payloads. A field is read from the path its other names say, or its own where it has no others; its records have the
            envelope too.
    """

    is_of: Callable[[ir.StringValue], ir.BooleanValue]
    layout: Layout


def enveloped(name: str, payloads: Sequence[Payload], *, notes: tuple[Note, ...] = ()) -> Layout:
    """A layout of records that each hold a topic and a payload; changed records are counted by their orders.

    Args:
        name: for people.
        payloads: the first that takes a topic has it, if the file has its needed fields; the last takes all, and needs none.
        notes: what a person should know about a load.
    """

    def key(records: ir.Table, intake: Intake) -> ir.IntegerValue:
        """The key of a payload whose rows are counted; the others have none."""
        present = _present(payloads, intake)
        keys = [
            (_takes(present, place, records), one.layout.key(_Named(records, one.layout), intake))
            for place, one in enumerate(present)
            if one.layout.primary == "orders"
        ]
        return ibis.cases(*keys, else_=ibis.null("int64")) if keys else ibis.null("int64")

    def facts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
        parts: dict[str, list[ir.Table]] = {}
        present = _present(payloads, intake)
        for place, one in enumerate(present):
            of_topic = records.filter(_takes(present, place, records))
            names = {f.name: _joint(f) for f in one.layout.fields}
            known = of_topic.select("record", *_ROUND, **{n: of_topic[j] for n, j in names.items()})
            own = replace(intake, has=frozenset(n for n, j in names.items() if j in intake.has))
            for table, found in one.layout.facts(known.mutate(key=one.layout.key(known, own)), own).items():
                parts.setdefault(table, []).append(found)
        return {table: together(table, found) for table, found in parts.items()}

    fields = {_joint(f): Field(_joint(f), f.kind, _paths(f)) for one in payloads for f in one.layout.fields}
    checks = [check for place, one in enumerate(payloads) for check in _checks(payloads, place, one.layout)]
    is_object = Check("payload", lambda r: ~r.payload.strip().startswith("{"), "a JSON object")
    return Layout(name, (*ENVELOPE, *fields.values()), "orders", key, facts, checks=(is_object, *checks), notes=notes)


def is_one_of(*topics: str) -> Callable[[ir.StringValue], ir.BooleanValue]:
    """A test for some topics."""
    return lambda topic: topic.isin(topics)


def is_any(topic: ir.StringValue) -> ir.BooleanValue:
    """A test that every topic meets."""
    return topic.notnull()


def together(table: str, parts: Sequence[ir.Table]) -> ir.Table:
    """Rows of one fact table from several payloads: what one of them does not say is null."""
    types = {c.name: c.type for c in _TABLES[table].columns}
    names = list(dict.fromkeys(name for part in parts for name in part.columns))

    def shaped(part: ir.Table) -> ir.Table:
        return part.select(**{n: (part[n] if n in part.columns else ibis.null("int64")).cast(types.get(n, "int64")) for n in names})

    return reduce(lambda a, b: a.union(b), map(shaped, parts))


def each_of(records: ir.Table, kept: Sequence[str], items: ir.ArrayValue, fields: Mapping[str, str], *, name: str) -> ir.Table:
    """A row per item of a list in each record, with texts of the item; blank is null.

    Args:
        records: with the columns `kept`.
        kept: columns that every item repeats.
        items: JSON texts, of each record.
        fields: what is read of an item: its path by name; an empty path is the item itself.
        name: what the rows are called in the query; not twice in one.
    """
    one = records.select(*kept, _one=items.unnest())
    inner = [path for path in fields.values() if path]
    read = one.select(*kept, _one="_one", _texts=texts_at(one._one, inner)).alias(name)  # else each field would be read on its own
    texts = {f: read._texts[inner.index(path)].strip().nullif("") if path else read._one for f, path in fields.items()}
    return read.select(*kept, **texts)


class _Named:
    """The records of an envelope under the names that a payload's own layout has for them."""

    def __init__(self, records: ir.Table, layout: Layout) -> None:
        self._records, self._names = records, {f.name: _joint(f) for f in layout.fields}

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # a column of any type
        return self[name]

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401
        return self._records[self._names.get(name, name)]


def _present(payloads: Sequence[Payload], intake: Intake) -> list[Payload]:
    """The payloads that can be in a file, by its columns; what looks otherwise than its topic is for the last, which takes all."""
    return [one for one in payloads if all(_joint(f) in intake.has for f in one.layout.fields if f.needed or f.filled)]


def _takes(payloads: Sequence[Payload], place: int, records: ir.Table) -> ir.BooleanValue:
    topic = records.topic.lower()
    earlier = reduce(lambda a, b: a | b, (p.is_of(topic) for p in payloads[:place]), _NO)
    return payloads[place].is_of(topic) & ~earlier


def _checks(payloads: Sequence[Payload], place: int, layout: Layout) -> list[Check]:
    """The reasons of a payload's layout, for its topics."""

    def within(bad: Callable[[Any], ir.BooleanValue]) -> Callable[[ir.Table], ir.BooleanValue]:
        return lambda records: _takes(payloads, place, records) & bad(_Named(records, layout))

    missing = [Check(_joint(f), within(lambda r, n=f.name: r[n].isnull()), "a value") for f in layout.fields if f.filled]  # type: ignore[misc]
    joints = {f.name: _joint(f) for f in layout.fields}
    return missing + [replace(c, field=joints.get(c.field, c.field), bad=within(c.bad)) for c in layout.checks]


def _paths(field: Field) -> tuple[str, ...]:
    """Where a field stands in a record. A name with blanks is a header of other files."""
    return tuple(f"payload.{name}" for name in field.headers or (field.name,) if " " not in name)


def _joint(field: Field) -> str:
    """The column that all payloads share which read the same of it."""
    return f"{'_or_'.join(_paths(field)).replace('.', '_')}_{field.kind}"
