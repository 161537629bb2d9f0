"""People who asked to be forgotten, one row each."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import ibis

from patron.collect import ids, people
from patron.ports.source import Check, Field, FileSource, Layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

_NAMES = ("customer_number", "email", "phone", "anonymous_id")
_FIELDS = (
    Field("customer_number", "reference", ("customer id", "customer no", "user id", "member id")),
    Field("email", "email", ("customer email", "e-mail", "email address")),
    Field("phone", "phone", ("customer phone", "phone number", "mobile")),
    Field("anonymous_id", "reference", ("visitor id", "client id", "device id")),
    Field("asked_at", "instant", ("requested at", "date", "requested on", "timestamp")),
)


def _person(records: ir.Table, intake: Intake) -> people.Person:
    return people.identified(records, intake, **{name: records[name] for name in _NAMES})


def _key(records: ir.Table, intake: Intake) -> ir.IntegerValue:
    return ids.named("erasure", _person(records, intake).id.cast("string"))


def _facts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    return {"forgotten": people.forgotten(_person(records, intake), ibis.coalesce(records.asked_at, intake.exported))}


LAYOUT = Layout(
    name="people to forget, one row each",
    fields=_FIELDS,
    primary="forgotten",
    key=_key,
    facts=_facts,
    checks=(
        Check("email", lambda r: reduce(lambda a, b: a & b, (r[n].isnull() for n in _NAMES)), "who is meant: at least one identifier"),
    ),
)
SOURCE = FileSource("erasures", "People who asked to be forgotten, one row each.", (LAYOUT,))
