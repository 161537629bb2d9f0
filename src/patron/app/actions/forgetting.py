"""Forgetting a customer who asked for it."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.app.actions.standing import the_customer
from patron.app.values import customer_text
from patron.facts import tables as t
from patron.kernel.arrow import arrow_rows
from patron.kernel.time import in_utc, iso
from patron.runtime.forgetting import DELETED, MADE_GUESTS
from patron.runtime.resolving import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from patron.app.project import Project

SOURCE = "forget"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What is, or would be, forgotten of a customer.

    Attributes:
        customer_id: the customer.
        asked_at: until when.
        deleted: rows that go, by table.
        kept: rows that stay as those of a guest, by table.
        is_done: false when it was only looked at.
    """

    customer_id: int
    asked_at: datetime
    deleted: Mapping[str, int]
    kept: Mapping[str, int]
    is_done: bool

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {
            "customer_id": customer_text(self.customer_id),
            "asked_at": iso(self.asked_at),
            "deleted": dict(self.deleted),
            "kept_as_guest": dict(self.kept),
            "is_done": self.is_done,
        }


def forget(project: Project, name: str, *, is_sure: bool) -> Forgotten:
    """Forget a customer, or tell what that would mean.

    Args:
        project: the shop's.
        name: a customer number, an e-mail address, a phone number, an order number or an id.
        is_sure: whether it is done.

    Raises:
        NotFoundError: nobody is found.
        InputError: more than one customer is.
    """
    with project.store.transaction() if is_sure else nullcontext():
        return _forgotten(project, name, is_sure=is_sure)


def _forgotten(project: Project, name: str, *, is_sure: bool) -> Forgotten:
    store, now, customer_id = project.store, project.clock.now(), the_customer(project, name)
    identities = t.IDENTITIES.unbound()
    theirs = identities.filter(identities.customer_id == customer_id)

    def counted(name: str, person: str) -> int:
        rows = t.BY_NAME[name].unbound().semi_join(theirs, [(person, "identifier_id")])
        return int(store.query(rows.aggregate(n=rows.count()))["n"][0].as_py())

    deleted = {name: n for name, (person, _) in DELETED.items() if (n := counted(name, person))}
    kept = {name: n for name, (person, _) in MADE_GUESTS.items() if name != "credits" and (n := counted(name, person))}
    if is_sure:
        instant = in_utc(now)
        ids = store.query(theirs.select("identifier_id")).column("identifier_id").to_pylist()
        rows = [{"identifier_id": i, "asked_at": instant, "source": SOURCE, "received_at": instant} for i in ids]
        store.declare(t.FORGOTTEN)
        store.insert(t.FORGOTTEN.name, arrow_rows(t.FORGOTTEN, rows))
        resolve(store, now=now)
    return Forgotten(customer_id, now, deleted, kept, is_sure)
