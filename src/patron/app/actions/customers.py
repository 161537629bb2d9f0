"""Customers by any feature, and everything about one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.app.actions.conditions import condition_rows
from patron.app.actions.segments import Members, Paging, page
from patron.app.answers import last_answers
from patron.app.values import as_json, customer_text
from patron.facts import tables as t
from patron.kernel.errors import InputError
from patron.kernel.money import Money
from patron.kernel.time import iso
from patron.runtime.finding import find_customer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from patron.app.answers import Answers
    from patron.app.project import Project
    from patron.segments.definition import Definition

PROFILE = ("customer_number", "first_name", "last_name", "email", "phone", "country", "region", "city", "language", "tags", "created_at")


@dataclass(frozen=True, slots=True)
class Order:
    """One order or refund of a customer, as a line of the history."""

    at: datetime
    number: str
    what: str
    amount: Money

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {"at": iso(self.at), "number": self.number, "what": self.what, "amount": self.amount.as_json()}


@dataclass(frozen=True, slots=True)
class Customer:
    """Everything about one customer as of the last refresh."""

    customer_id: int
    as_of: datetime
    profile: Mapping[str, object]
    features: Mapping[str, object]
    segments: tuple[Definition, ...]
    history: tuple[Order, ...]
    project: Project

    def as_json(self) -> dict[str, object]:
        """For programs."""
        catalog, currency = self.project.definitions.catalog, self.project.shop.currency
        return {
            "customer_id": customer_text(self.customer_id),
            "as_of": iso(self.as_of),
            "profile": {k: as_json("text", v, currency) for k, v in self.profile.items()},
            "features": {k: as_json(catalog[k].kind, v, currency) for k, v in self.features.items()},
            "segments": [{"segment": d.slug, "name": d.name} for d in self.segments],
            "history": [o.as_json() for o in self.history],
        }


def customers(project: Project, paging: Paging, where: str = "") -> Members:
    """Customers who meet a condition, or all, sorted by a feature."""
    answers = last_answers(project)
    rows = condition_rows(project, answers, where) if where else answers.features
    return page(project, answers, rows, paging)


def customer(project: Project, name: str, *, history: int = 20) -> Customer:
    """Everything about the customer that a number, e-mail, phone, order number or id points to.

    Raises:
        InputError: nobody, or more than one customer, is found.
    """
    answers = last_answers(project)
    customer_id = the_customer(project, name)
    rows = project.store.query(answers.features.filter(answers.features.customer_id == customer_id)).to_pylist()
    if not rows:
        raise InputError(f"The customer {name} was not known yet as of {answers.as_of:%Y-%m-%d %H:%M} UTC.")
    profiles = t.CUSTOMERS.unbound()
    profile = project.store.query(profiles.filter(profiles.customer_id == customer_id).select(*PROFILE)).to_pylist()
    return Customer(
        customer_id=customer_id,
        as_of=answers.as_of,
        profile=profile[0] if profile else {},
        features={f.name: rows[0][f.name] for f in project.definitions.catalog.visible()},
        segments=_segments_of(project, answers, customer_id),
        history=_history(project, answers, customer_id, history),
        project=project,
    )


def the_customer(project: Project, name: str) -> int:
    """The one customer that a number, e-mail, phone, order number or id points to.

    Raises:
        InputError: nobody, or more than one customer, is found.
    """
    found = find_customer(project.store, name)
    if not found:
        raise InputError(f"No customer is known as {name!r}. A customer number, e-mail, phone, order number or cus_ id is looked for.")
    if len(found) > 1:
        some = ", ".join(customer_text(c) for c in found[:5])
        raise InputError(f"{len(found)} customers are known as {name!r}: {some}. Name one of them by its id.")
    return found[0]


def _segments_of(project: Project, answers: Answers, customer_id: int) -> tuple[Definition, ...]:
    known = [d for d in project.definitions.segments.definitions if d.slug in answers.slots]
    if not known:
        return ()
    bits = answers.bits.filter(answers.bits.customer_id == customer_id)
    row = project.store.query(bits.select(**{d.slug: answers.is_member(bits, d.slug) for d in known})).to_pylist()
    waiting = project.waiting(answers.as_of)
    return tuple(d for d in known if row and row[0][d.slug] and d.slug not in waiting)


def _history(project: Project, answers: Answers, customer_id: int, limit: int) -> tuple[Order, ...]:
    facts = project.facts(answers.as_of)
    orders, refunds = facts.orders, facts.refunds
    bought = orders.filter(orders.customer_id == customer_id).select(at="ordered_at", number="order_number", what="kind", total="total")
    documents = refunds.filter(refunds.customer_id == customer_id).group_by("refunded_at", "document_number")
    given = documents.aggregate(total=refunds.total.sum()).select(at="refunded_at", number="document_number", total="total")
    rows = project.store.query(bought).to_pylist()
    rows += [{**r, "what": "refund", "total": -r["total"]} for r in project.store.query(given).to_pylist()]
    rows.sort(key=lambda r: (r["at"], r["number"]), reverse=True)
    currency = project.shop.currency
    return tuple(Order(r["at"], r["number"], r["what"], Money.from_minor(r["total"], currency)) for r in rows[:limit])
