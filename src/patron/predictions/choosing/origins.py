"""An origin: a day of the past, what was known of customers then, and what they did within the horizon after it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem
from patron.predictions.histories import as_floats, checked, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from patron.predictions.histories import Flags, Floats, Integers


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """Customers known at a day of the past, as arrays with a row per customer; those who first ordered later are not in it.

    Attributes:
        name: how the day is called in tables, such as "2011-06-01".
        x: repeat purchases until then.
        t_x: age at the last of them.
        T: age then; the unit of time is that of the horizon.
        orders: how many orders each made within the horizon.
        weights: how many customers each row stands for; 1 when not given.
        customers: a number of each customer, from 0, the same at all origins, so that a customer is drawn at all origins or at none.
        order_value: what an order of each was expected to be worth, from what was known then; needed to judge revenue.
        revenue: what each spent within the horizon.
        spend: what each had spent until then; tells the top 1 %.
        log_gaps: the sum of the logarithms of each one's gaps between orders until then; needed by models of regular buyers.
        segments: further groups of customers to judge apart, such as channels.
    """

    name: str
    x: ArrayLike
    t_x: ArrayLike
    T: ArrayLike  # the letter of the papers
    orders: ArrayLike
    weights: ArrayLike | None = None
    customers: ArrayLike | None = None
    order_value: ArrayLike | None = None
    revenue: ArrayLike | None = None
    spend: ArrayLike | None = None
    log_gaps: ArrayLike | None = None
    segments: Mapping[str, Flags] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """An origin, checked, in an order that does not depend on how it was given, equal rows joined where customers have no number.

    Attributes:
        name: of the origin.
        x: repeat purchases.
        t_x: age at the last.
        T: age.
        n: customers of each row.
        orders: within the horizon.
        customers: number of each; None where rows were joined.
        order_value: expected worth of an order; None where not given.
        revenue: within the horizon; None where not given.
        log_gaps: sum of the logarithms of gaps; None where not given.
        segments: names and rows.
    """

    name: str
    x: Integers
    t_x: Floats
    T: Floats
    n: Floats
    orders: Floats
    customers: Integers | None
    order_value: Floats | None
    revenue: Floats | None
    log_gaps: Floats | None
    segments: dict[str, Flags]

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.x)

    def only(self, rows: Flags) -> Known:
        """Some of the rows."""
        return replace(
            self,
            x=self.x[rows], t_x=self.t_x[rows], T=self.T[rows], n=self.n[rows], orders=self.orders[rows],
            customers=None if self.customers is None else self.customers[rows],
            order_value=None if self.order_value is None else self.order_value[rows],
            revenue=None if self.revenue is None else self.revenue[rows],
            log_gaps=None if self.log_gaps is None else self.log_gaps[rows],
            segments={name: flags[rows] for name, flags in self.segments.items()},
        )  # fmt: skip


def known(origin: Origin, horizon: float) -> Known:
    """An origin made ready to be judged.

    Args:
        origin: as it was given.
        horizon: in the unit of time of the ages; who is younger is a segment.

    Raises:
        InputError: rows that are no histories, arrays of different length, orders that are no counts, revenue without an order value.
    """
    x, t_x, age, n = checked(origin.x, origin.t_x, origin.T, origin.weights)
    further = {"orders": origin.orders, "order_value": origin.order_value, "revenue": origin.revenue, "spend": origin.spend}
    further |= {"log_gaps": origin.log_gaps, "customers": origin.customers}
    further |= {f"segment {name}": flags for name, flags in origin.segments.items()}
    given = as_floats({"x": x} | {name: values for name, values in further.items() if values is not None})
    counts = [name for name in ("orders", "customers") if name in given]
    refuse(given, {name: [((given[name] < 0) | (given[name] % 1 != 0), "a whole number, 0 or more")] for name in counts})
    if ("order_value" in given) != ("revenue" in given):
        raise InputError("Revenue cannot be judged.", [Problem("order_value, revenue", "one of them", "both or neither")])
    columns = {"x": x.astype(np.float64), "t_x": t_x, "T": age, "n": n} | {name: v for name, v in given.items() if name != "x"}
    columns = _in_order(columns) if "customers" in columns else _joined(columns)
    return _known(origin, columns, horizon)


def _known(origin: Origin, columns: dict[str, Floats], horizon: float) -> Known:
    x, age, n = columns["x"], columns["T"], columns["n"]
    segments = {
        "one order": x == 0,
        "two or three orders": (x == 1) | (x == 2),
        "four orders or more": x >= 3,
        "younger than the horizon": age < horizon,
    }
    if "spend" in columns:
        segments["top 1 % by spend"] = _top(columns["spend"], n)
    segments |= {name: columns[f"segment {name}"] > 0 for name in origin.segments}
    customers = columns.get("customers")
    return Known(
        origin.name, x.astype(np.int64), columns["t_x"], age, n, columns["orders"],
        None if customers is None else customers.astype(np.int64),
        columns.get("order_value"), columns.get("revenue"), columns.get("log_gaps"), segments,
    )  # fmt: skip


def _in_order(columns: dict[str, Floats]) -> dict[str, Floats]:
    order = np.lexsort([*columns.values(), columns["customers"]])
    return {name: values[order] for name, values in columns.items()}


def _joined(columns: dict[str, Floats]) -> dict[str, Floats]:
    """Equal rows as one, their weights added up."""
    others = {name: values for name, values in columns.items() if name != "n"}
    order = np.lexsort(list(others.values()))
    differs = np.zeros(len(order), dtype=bool)
    differs[0] = True
    for values in others.values():
        ordered = values[order]
        differs[1:] |= ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(differs)
    return {name: values[order[starts]] for name, values in others.items()} | {"n": np.add.reduceat(columns["n"][order], starts)}


def _top(spend: Floats, n: Floats) -> Flags:
    """Who spent at least what the customer at one in a hundred from the top spent."""
    order = np.argsort(-spend, kind="stable")
    reached = np.cumsum(n[order])
    last = int(np.searchsorted(reached, reached[-1] / 100))
    return spend >= spend[order[last]]
