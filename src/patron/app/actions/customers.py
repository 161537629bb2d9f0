"""Customers by any feature, and everything about one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.app.actions.conditions import condition_rows
from patron.app.actions.segments import Members, Paging, page
from patron.app.actions.standing import common_of, standing
from patron.app.actions.visits import latest_visits
from patron.app.answers import last_answers
from patron.app.values import as_json
from patron.facts import tables as t
from patron.kernel.money import Money
from patron.kernel.time import iso

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from patron.app.actions.standing import Standing
    from patron.app.actions.visits import Visits
    from patron.app.project import Project
    from patron.facts.as_of import Facts

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
    """Everything about one customer."""

    standing: Standing
    profile: Mapping[str, object]
    history: tuple[Order, ...]
    visits: Visits

    def as_json(self) -> dict[str, object]:
        """For programs."""
        told, currency = self.standing.as_json(), self.standing.project.shop.currency
        return {
            "customer_id": told["customer_id"],
            "as_of": told["as_of"],
            "profile": {k: as_json("text", v, currency) for k, v in self.profile.items()},
            "features": told["features"],
            "segments": told["segments"],
            "history": [o.as_json() for o in self.history],
            **self.visits.as_json(currency),
        }


def customers(project: Project, paging: Paging, where: str = "") -> Members:
    """Customers who meet a condition, or all, sorted by a feature."""
    answers = last_answers(project)
    rows = condition_rows(project, answers, where) if where else answers.features
    return page(project, answers, rows, paging)


def customer(project: Project, name: str, *, history: int = 20) -> Customer:
    """Everything about the customer that a number, e-mail, phone, order number or id points to.

    Raises:
        NotFoundError: nobody is found.
        InputError: more than one customer is.
    """
    common = common_of(project)
    found = standing(project, common, name, as_of=common.answers.as_of)
    profiles = t.CUSTOMERS.unbound()
    profile = project.store.query(profiles.filter(profiles.customer_id == found.customer_id).select(*PROFILE)).to_pylist()
    facts = project.facts(common.answers.as_of)
    bought, came = _history(project, facts, found.customer_id, history), latest_visits(project, facts, found.customer_id)
    return Customer(found, profile[0] if profile else {}, bought, came)


def _history(project: Project, facts: Facts, customer_id: int, limit: int) -> tuple[Order, ...]:
    orders, refunds = facts.orders, facts.refunds
    bought = orders.filter(orders.customer_id == customer_id).select(at="ordered_at", number="order_number", what="kind", total="total")
    documents = refunds.filter(refunds.customer_id == customer_id).group_by("refunded_at", "document_number")
    given = documents.aggregate(total=refunds.total.sum()).select(at="refunded_at", number="document_number", total="total")
    rows = project.store.query(bought).to_pylist()
    rows += [{**r, "what": "refund", "total": -r["total"]} for r in project.store.query(given).to_pylist()]
    rows.sort(key=lambda r: (r["at"], r["number"]), reverse=True)
    currency = project.shop.currency
    return tuple(Order(r["at"], r["number"], r["what"], Money.from_minor(r["total"], currency)) for r in rows[:limit])
