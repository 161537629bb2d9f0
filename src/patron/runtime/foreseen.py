"""Answers that were worked out ahead: of customers who will enter or leave a segment by time alone, each as of the instant of that.

They are good for as long as nothing comes of the customer. The tick of that instant keeps them in place of working them out. One that
comes later than a second after it works them out: memberships would be the same, but what tells the time that has passed goes on with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from patron.runtime.cells import FEW

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from patron.ports.engine import Cells

_FOR = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a customer who enters or leaves a segment.

    Attributes:
        at: the instant of that.
        until: when he has to be looked at again; None where that is never.
        cells: in what his row is another from then on, by table; None where it is gone.
        moves: the segments that he enters and leaves, and which of both.
    """

    at: datetime
    until: datetime | None
    cells: Mapping[str, Cells | None]
    moves: Sequence[tuple[str, str]]

    def holds(self, moment: datetime) -> bool:
        """Whether it is true at a moment."""
        return self.at <= moment <= self.at + _FOR and (self.until is None or moment < self.until)


class Foreseen:
    """What was seen in one look ahead, and still holds."""

    def __init__(self) -> None:
        """Of nobody."""
        self._seen: dict[int, list[Seen]] = {}

    def clear(self) -> None:
        """Forget all of it."""
        self._seen = {}

    def put(self, seen: Mapping[int, list[Seen]]) -> None:
        """Keep this in the place of what there was: what each customer does, one after the other."""
        self._seen = dict(seen)

    def drop(self, ids: Iterable[int]) -> None:
        """Forget what was seen of some customers."""
        if self._seen:
            for customer_id in ids:
                self._seen.pop(customer_id, None)

    def take(self, ids: Sequence[int], now: datetime) -> dict[int, Seen] | None:
        """What was seen of customers for whom nothing but time has passed.

        None where of any of them nothing was seen that holds at the moment, or what was seen of him before that was not taken; or where
        they are many.

        Args:
            ids: who.
            now: the moment.
        """
        found = {customer_id: seen[0] for customer_id in ids[:FEW] if (seen := self._seen.get(customer_id)) and seen[0].holds(now)}
        if len(found) < len(ids):
            return None
        for customer_id in ids:
            del self._seen[customer_id][0]
        return found
