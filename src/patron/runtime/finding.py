"""Finding: the customers that a text may mean."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from patron.facts import tables as t
from patron.kernel.ids import CustomerId, derived, number_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from patron.ports.engine import Store

_IDENTIFIERS, _ORDERS = t.IDENTIFIERS.unbound(), t.ORDERS.unbound()
_SCOPES = _IDENTIFIERS.filter(_IDENTIFIERS.scope != "").select("scope").distinct().order_by("scope")  # a column
_SCOPED = ("customer_number", "anonymous_id")


def find_customer(store: Store, text: str, scopes: Sequence[str] | None = None) -> list[CustomerId]:
    """The customers that a `cus_` id, customer number, e-mail address, phone number, anonymous id or order number points at, by id.

    The id of a customer who was merged into another finds the other. A text that is nobody's identifier is looked for among the numbers of
    orders, with and without #.

    Args:
        store: the project's.
        text: what somebody typed, or a program knows.
        scopes: from `scopes_of`; for those who ask often.
    """
    wanted = text.strip()
    found = {
        row["customer_id"]
        for identifier in _identifier_ids(wanted, scopes_of(store) if scopes is None else scopes)
        for row in store.pick("identities", ("customer_id",), ("identifier_id", identifier))
    }
    return [CustomerId(i) for i in sorted(found or _buyers(store, wanted))]


def scopes_of(store: Store) -> tuple[str, ...]:
    """Within what customer numbers and anonymous ids are unique: usually one thing, the shop."""
    return tuple(store.query(_SCOPES)["scope"].to_pylist())


def _identifier_ids(text: str, scopes: Sequence[str]) -> Iterator[int]:
    """The ids that the text would have as one identifier or another; e-mail addresses and phone numbers are kept as hashes."""
    number = number_of(text, "cus")
    if number is not None:
        yield number
    if "@" in text:
        yield derived("email", "", _hashed(text.lower()))
    digits = re.sub(r"^00", "+", re.sub(r"[^\d+]", "", text))
    if re.fullmatch(r"\+?\d{7,15}", digits):
        yield derived("phone", "", _hashed(digits))
    for scope in scopes:
        yield from (derived(kind, scope, text) for kind in _SCOPED)


def _buyers(store: Store, text: str) -> set[int]:
    bought = _ORDERS.filter(_ORDERS.order_number.isin([text, f"#{text}"]), _ORDERS.customer_id.notnull())
    return set(store.query(bought.select("customer_id"))["customer_id"].to_pylist())


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
