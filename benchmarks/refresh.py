"""How fast is a refresh? Beside the floor of the engine, with little memory, with three times the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.harness import Case, Row
from benchmarks.refreshing import needed_columns
from benchmarks.shops import THIRD, TINY, WHOLE, clustered, rows_of, store
from patron.features.partials.last_events import OLD_EVENTS_TABLE

if TYPE_CHECKING:
    from benchmarks.harness import Setting

_BARS = {
    "refresh, rows in the order of arrival": 6.0,
    "refresh, rows clustered by customer": 3.0,
    "refresh with the engine limited to 2 GiB": 1.3,
    "refresh of three times the data": 3.6,
}
_REFRESH, _FLOOR = "benchmarks.refreshing:refresh", "benchmarks.refreshing:floor"


def run(setting: Setting) -> list[Row]:
    """Refresh in the order of arrival and clustered by customer, in 2 GiB, and of a third of the shop."""
    whole, third = (TINY, TINY // 3) if setting.small else (WHOLE, THIRD)
    path, smaller = store(setting.work, whole), store(setting.work, third)
    together = clustered(setting.work, whole)
    rows = rows_of(path)
    floor, plain, little, part, near = setting.measured(
        Case("floor", _FLOOR, {"path": str(path), "needed": needed_columns()}),
        Case("refresh", _REFRESH, {"path": str(path)}),
        Case("refresh in 2 GiB", _REFRESH, {"path": str(path), "memory_limit": "2GiB"}),
        Case("refresh of a third", _REFRESH, {"path": str(smaller)}),
        Case("refresh, clustered", _REFRESH, {"path": str(together), "stand": [OLD_EVENTS_TABLE.name]}),
    )
    if not setting.small:
        together.unlink()
    beneath = f"one plain hash aggregate per table: {floor.seconds:.1f} s"
    growth = plain.seconds / part.seconds
    met = [plain.seconds / floor.seconds, near.seconds / floor.seconds, little.seconds / plain.seconds, growth]
    beside = [beneath, beneath, f"without a limit: {plain.seconds:.1f} s", f"a third of it: {part.seconds:.1f} s"]
    return [
        Row(question, rows, took.seconds, took.peak_mb, other, ratio, f"at most {bar} times", ratio <= bar)
        for (question, bar), took, other, ratio in zip(_BARS.items(), (plain, near, little, plain), beside, met, strict=True)
    ]
