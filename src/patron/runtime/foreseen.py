"""Answers that were worked out ahead: of customers who will enter or leave a segment by time alone, each as of the instant of that.

They are good for as long as nothing comes of the customer. The tick of that instant keeps them in place of working them out again. One that
comes later than a second after it works them out: memberships would be the same, but what tells the time that has passed goes on with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from patron.kernel.time import in_utc

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from patron.runtime.remembered import Flags, Ids, Instants

_FOR = np.timedelta64(1, "s")


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of some customers, each once.

    Attributes:
        ids: who.
        at: the instant that the answers about each are for.
        until: the instant at which each has to be looked at again; not a time where that is never.
        answers: their rows and no others, by table.
    """

    ids: Ids
    at: Instants
    until: Instants
    answers: Mapping[str, pa.Table]

    def holds(self, moment: np.datetime64) -> Flags:
        """Of whom it is true at a moment."""
        return (self.at <= moment) & (moment <= self.at + _FOR) & ~(self.until <= moment)

    def only(self, which: Flags) -> Seen:
        """What was seen of some of them."""
        ids = pa.array(self.ids[which])
        answers = {name: rows.filter(pc.is_in(rows["customer_id"], ids)) for name, rows in self.answers.items()}
        return Seen(self.ids[which], self.at[which], self.until[which], answers)


class Foreseen:
    """What was seen in one look ahead, and still holds."""

    def __init__(self) -> None:
        """Of nobody."""
        self._seen: list[Seen] = []
        self._gone: set[int] = set()

    def clear(self) -> None:
        """Forget all of it."""
        self._seen, self._gone = [], set()

    def put(self, seen: Sequence[Seen]) -> None:
        """Keep this in the place of what there was: the same tables in each, and one answer about a customer for any instant."""
        self.clear()
        self._seen = [each for each in seen if each.ids.size]

    def drop(self, touched: pa.Table) -> None:
        """Forget what was seen of some customers: customer_id."""
        if self._seen:
            self._gone.update(touched["customer_id"].to_pylist())

    def of(self, touched: pa.Table, now: datetime) -> Mapping[str, pa.Table] | None:
        """The answers about customers, by table, if for each nothing but time has passed and some are there that hold at the moment.

        Args:
            touched: who: customer_id, is_due.
            now: the moment.
        """
        if not self._seen or not pc.all(touched["is_due"]).as_py():
            return None
        ids = touched["customer_id"].to_numpy()
        if not self._gone.isdisjoint(ids.tolist()):
            return None
        moment = np.datetime64(in_utc(now), "us")
        holds = [np.isin(seen.ids, ids) & seen.holds(moment) for seen in self._seen]
        found = [seen.only(which) for seen, which in zip(self._seen, holds, strict=True) if which.any()]
        if not found or sum(seen.ids.size for seen in found) < len(ids):
            return None
        return {name: pa.concat_tables(seen.answers[name] for seen in found) for name in found[0].answers}
