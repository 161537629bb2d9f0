"""Answers that were worked out ahead: of customers who will enter or leave a segment by time alone, each as of the instant of that.

They are good for as long as nothing comes of the customer. The tick of that instant keeps them in place of working them out again. One that
comes later than a second after it works them out: memberships would be the same, but what tells the time that has passed goes on with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from patron.kernel.time import in_utc
from patron.runtime.remembered import only

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from patron.runtime.remembered import Flags, Ids, Instants

    Answers = Mapping[str, pa.Table]
    """Rows about customers, by the name of the table that they are kept in."""

_FOR = np.timedelta64(1, "s")


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of some customers, each once.

    Attributes:
        ids: who.
        at: the instant that the answers about each are for.
        until: the instant at which each has to be looked at again; not a time where that is never.
        after: the instant of what was seen of each before that; not a time where that is nothing.
        before: their rows until that instant, and no others, by table.
        answers: their rows from then on.
    """

    ids: Ids
    at: Instants
    until: Instants
    after: Instants
    before: Answers
    answers: Answers

    def holds(self, moment: np.datetime64) -> Flags:
        """Of whom it is true at a moment."""
        return (self.at <= moment) & (moment <= self.at + _FOR) & ~(self.until <= moment)

    def only(self, which: Flags) -> Seen:
        """What was seen of some of them."""
        ids = self.ids[which]
        before, answers = rows_about(ids, self.before), rows_about(ids, self.answers)
        return Seen(ids, self.at[which], self.until[which], self.after[which], before, answers)


def rows_about(ids: Ids, answers: Answers) -> Answers:
    """The rows of some customers, by table."""
    return {name: only(rows, ids) for name, rows in answers.items()}


class Foreseen:
    """What was seen in one look ahead, and still holds."""

    def __init__(self) -> None:
        """Of nobody."""
        self._seen: list[Seen] = []
        self._gone: set[int] = set()
        self._taken: dict[int, datetime] = {}

    def clear(self) -> None:
        """Forget all of it."""
        self._seen, self._gone, self._taken = [], set(), {}

    def put(self, seen: Sequence[Seen]) -> None:
        """Keep this in the place of what there was: the same tables in each, and one answer about a customer for any instant."""
        self.clear()
        self._seen = [each for each in seen if each.ids.size]

    def drop(self, touched: pa.Table) -> None:
        """Forget what was seen of some customers: customer_id."""
        if self._seen:
            self._gone.update(touched["customer_id"].to_pylist())

    def take(self, ids: Ids, now: datetime) -> tuple[Answers, Answers] | None:
        """The rows about customers for whom nothing but time has passed, by table: as they are, and as they are to be kept from now on.

        None where of any of them nothing was seen that holds at the moment, or what was seen of him before that was not taken.

        Args:
            ids: who.
            now: the moment.
        """
        if not self._seen or not self._gone.isdisjoint(ids.tolist()):
            return None
        moment = np.datetime64(in_utc(now), "us")
        holds = [np.isin(seen.ids, ids) & seen.holds(moment) for seen in self._seen]
        found = [seen.only(which) for seen, which in zip(self._seen, holds, strict=True) if which.any()]
        if not found or sum(seen.ids.size for seen in found) < len(ids) or not all(map(self._follows, found)):
            return None
        for seen in found:
            self._taken.update(zip(seen.ids.tolist(), seen.at.tolist(), strict=True))
        return _together([seen.before for seen in found]), _together([seen.answers for seen in found])

    def _follows(self, seen: Seen) -> bool:
        """Whether of each what was seen last before this was taken."""
        return [self._taken.get(customer_id) for customer_id in seen.ids.tolist()] == seen.after.tolist()


def _together(parts: Sequence[Answers]) -> Answers:
    return {name: pa.concat_tables(part[name] for part in parts) for name in parts[0]}
