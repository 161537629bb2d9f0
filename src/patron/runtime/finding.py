"""Finding: the customers that a text may mean."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from patron.facts import tables as t
from patron.kernel.ids import CustomerId, derived, number_of

if TYPE_CHECKING:
    from patron.ports.engine import Engine

_IDENTIFIERS, _IDENTITIES, _ORDERS = t.IDENTIFIERS.unbound(), t.IDENTITIES.unbound(), t.ORDERS.unbound()


def find_customer(engine: Engine, text: str) -> list[CustomerId]:
    """The customers that a `cus_` id, customer number, e-mail address, phone number or order number points at, by id.

    The id of a customer who was merged into another finds the other. An order number is found with and without its #.
    """
    wanted = text.strip()
    exact = _IDENTITIES.filter(_IDENTITIES.identifier_id.isin(_identifier_ids(wanted))).select("customer_id")
    numbered = _IDENTIFIERS.filter(_IDENTIFIERS.kind == "customer_number", _IDENTIFIERS.value == wanted).select("identifier_id")
    by_number = _IDENTITIES.semi_join(numbered, "identifier_id").select("customer_id")
    bought = _ORDERS.filter(_ORDERS.order_number.isin([wanted, f"#{wanted}"]), _ORDERS.customer_id.notnull()).select("customer_id")
    rows = engine.query(exact.union(by_number, bought, distinct=True).order_by("customer_id"))
    return [CustomerId(i) for i in rows.column("customer_id").to_pylist()]


def _identifier_ids(text: str) -> list[int]:
    """The ids that the text would have as one identifier or another; e-mail addresses and phone numbers are kept as hashes."""
    found = [derived("email", "", _hashed(text.lower()))]
    digits = re.sub(r"^00", "+", re.sub(r"[^\d+]", "", text))
    if re.fullmatch(r"\+?\d{7,15}", digits):
        found.append(derived("phone", "", _hashed(digits)))
    number = number_of(text, "cus")
    return found if number is None else [*found, number]


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
