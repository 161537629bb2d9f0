"""Draws as SQL: each is a hash of the seed, the name of what is drawn, and the keys of the row it is drawn for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.kernel.ids import SEPARATOR, derived

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_UNIT = 2.0**-53


@dataclass(frozen=True, slots=True)
class Dice:
    """Draws that depend on nothing but the seed, the name and the keys.

    Attributes:
        seed: the same seed gives the same draws.
    """

    seed: int

    def bits(self, what: str, *keys: str) -> str:
        """64 random bits, as an unsigned integer."""
        # The name goes in before the last mixing: as one more argument of `hash` it would be added at the end, and draws would depend.
        return f"hash(xor(hash({', '.join(keys)}), {derived(str(self.seed), what)}::UBIGINT))"

    def uniform(self, what: str, *keys: str) -> str:
        """A number in [0, 1)."""
        return f"(({self.bits(what, *keys)} >> 11)::DOUBLE * {_UNIT!r})"

    def exponential(self, what: str, *keys: str) -> str:
        """A waiting time with mean 1."""
        return f"(-ln(1.0 - {self.uniform(what, *keys)}))"

    def power(self, what: str, alpha: float, *keys: str) -> str:
        """A number from 1 with a power-law tail of index `alpha`."""
        return f"pow(1.0 - {self.uniform(what, *keys)}, {-1.0 / alpha!r})"

    def whole(self, what: str, below: str | int, *keys: str) -> str:
        """A whole number in [0, below)."""
        return f"floor({self.uniform(what, *keys)} * {below})::BIGINT"

    def chance(self, what: str, share: float | str, *keys: str) -> str:
        """True for a share of the rows."""
        return f"({self.uniform(what, *keys)} < {share})"

    def id(self, what: str, *keys: str) -> str:
        """A 63-bit id."""
        return f"({self.bits(what, *keys)} >> 1)::BIGINT"


def pick(draw: str, shares: Mapping[str, float]) -> str:
    """One of several SQL values by its share; the last takes what the others leave.

    Args:
        draw: a number in [0, 1); it is repeated, so it is best a column.
        shares: SQL value to share; the shares of all but the last add up to less than 1.
    """
    *head, (last, _) = shares.items()
    reached = 0.0
    branches = []
    for value, share in head:
        reached += share
        branches.append(f"WHEN {draw} < {reached:.6f} THEN {value}")
    return f"(CASE {' '.join(branches)} ELSE {last} END)"


def member(index: str, values: Sequence[str]) -> str:
    """The text at an index of a fixed list, counted from 0 and taken round."""
    listed = ", ".join(text(v) for v in values)
    return f"([{listed}])[({index}) % {len(values)} + 1]"


def text(value: str) -> str:
    """A text as a SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def named(*parts: str) -> str:
    """The id of what has this name, as `kernel.ids.derived` gives it; parts are SQL texts."""
    joined = f" || '{SEPARATOR}' || ".join(parts)
    return f"hash63({joined})"


def instant(milliseconds: str) -> str:
    """An instant from milliseconds since 1970."""
    return f"make_timestamp(({milliseconds}) * 1000)"
