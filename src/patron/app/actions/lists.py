"""Static lists: uploaded, or frozen from the members of a segment."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import ibis

from patron.app.actions.segments import definition_of
from patron.app.answers import last_answers
from patron.app.files import write_text
from patron.facts.tables import CUSTOMERS, LIST_MEMBERS
from patron.kernel.arrow import arrow_rows
from patron.kernel.errors import InputError
from patron.kernel.ids import number_of
from patron.kernel.problems import Problem
from patron.kernel.tables import Column, Table
from patron.runtime.reached import outdate
from patron.segments.definition import SLUG, Definition, to_toml
from patron.segments.lists import frozen, listed

if TYPE_CHECKING:
    from pathlib import Path

    from patron.app.project import Project

_ALWAYS = datetime(1900, 1, 1, tzinfo=UTC)
_SHOWN = 10
_NAMES = Table(
    "uploaded_names",
    "one row per line of an uploaded list",
    (),
    (
        Column("name", "text", "the customer number or e-mail address on the line", required=True),
        Column("customer_id", "id", "the customer, when the line is an id"),
    ),
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A list that was made, and the names on it that point to nobody."""

    name: str
    members: int
    unknown: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {"list": self.name, "members": self.members, "unknown": list(self.unknown)}


def freeze(project: Project, slug: str, name: str) -> Listed:
    """Keep the members of a segment, as of the last refresh, as a list of their own.

    Raises:
        InputError: no such segment, or the name is taken by a segment that is no list.
    """
    with project.store.transaction():
        definition, answers = definition_of(project, slug), last_answers(project)
        members = listed(answers.members(slug), list_name=name, added_at=answers.as_of - timedelta(microseconds=1))
        return _kept(project, frozen(definition, name), members, ())


def upload(project: Project, name: str, file: Path) -> Listed:
    """Keep the customers on the lines of a file as a list: customer numbers, e-mail addresses or ids, in its first column.

    They count as listed at any instant, since the file does not say since when.

    Raises:
        InputError: the file cannot be read, holds nobody that is known, or the name is taken by a segment that is no list.
    """
    names = _names(file)
    store = project.store
    with store.transaction():
        store.drop(_NAMES.name)
        store.declare(_NAMES)
        store.insert(_NAMES.name, arrow_rows(_NAMES, [{"name": n, "customer_id": number_of(n, "cus")} for n in names]))
        given, customers = _NAMES.unbound(), CUSTOMERS.unbound()
        by_id = given.join(customers, given.customer_id == customers.customer_id).select("name", customers.customer_id)
        by_number = given.join(customers, given.name == customers.customer_number).select("name", customers.customer_id)
        by_email = given.join(customers, given.name.lower() == customers.email).select("name", customers.customer_id)
        found = ibis.union(by_id, by_number, by_email)
        unknown = given.anti_join(found, "name").select("name").distinct().order_by("name")
        members = listed(found, list_name=name, added_at=_ALWAYS).distinct()
        lost = tuple(r["name"] for r in store.query(unknown).to_pylist())
        if len(lost) == len(set(names)):
            raise InputError(
                "Nobody on the list is known.",
                [Problem(file.name, lost[0], "customer numbers, e-mail addresses or ids in the first column")],
            )
        done = _kept(project, Definition(name, name.replace("_", " ").capitalize(), kind="static", list_name=name), members, lost[:_SHOWN])
        store.drop(_NAMES.name)
    return done


def _kept(project: Project, definition: Definition, members: ibis.Table, unknown: tuple[str, ...]) -> Listed:
    name = definition.slug
    if not SLUG.fullmatch(name):
        raise InputError("The name cannot be used.", [Problem("list", name, "small letters, digits, - and _, such as spring_letter")])
    known = project.definitions.segments.by_slug.get(name)
    if known is not None and known.kind not in {"static", "frozen"}:
        raise InputError(f"{name!r} is a segment with a condition: take another name for the list.")
    store, lists = project.store, LIST_MEMBERS.unbound()
    store.create("_listed", members, temporary=True)
    store.delete(LIST_MEMBERS.name, lists.filter(lists.list_name == name).select("list_name").distinct(), on=("list_name",))
    count = store.insert(LIST_MEMBERS.name, ibis.table(LIST_MEMBERS.schema(), name="_listed"))
    store.drop("_listed")
    outdate(store)
    if known is None:
        file = project.folder / "segments" / f"{name}.toml"
        file.parent.mkdir(exist_ok=True)
        write_text(file, to_toml(definition))
    return Listed(name, count, unknown)


def _names(file: Path) -> list[str]:
    try:
        rows = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            "The list cannot be read.", [Problem(str(file), "", "a text or CSV file in UTF-8, one customer a line")]
        ) from error
    names = [row[0].strip().removeprefix("'") for row in rows if row and row[0].strip()]
    if not names:
        raise InputError("The list is empty.", [Problem(str(file), "", "one customer a line")])
    return names
