"""Whatever was acknowledged is there after the process was killed, at any moment."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inbox.appending import body
from patron.adapters.inbox.segments import Segments

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHILD = Path(__file__).with_name("appending.py")
_WRITERS = 8


def _killed_after(folder: Path, lines: int) -> dict[int, tuple[int, int]]:
    """Run the filling process, kill it after so many acknowledgements; per writer what was acknowledged last."""
    acknowledged: dict[int, tuple[int, int]] = {}
    with subprocess.Popen([sys.executable, str(_CHILD), str(folder), str(_WRITERS)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for number, line in enumerate(child.stdout, 1):
            if number == lines:
                child.kill()
            if line.endswith("\n"):
                writer, count, position = map(int, line.split())
                acknowledged[writer] = (count, position)
    return acknowledged


def _found(inbox: Segments, after: int) -> Mapping[bytes, int]:
    """How often each body stands behind a position, which is followed by others without a gap."""
    counts: dict[bytes, int] = defaultdict(int)
    while entries := inbox.read(after, most=1_000):
        assert [e.position for e in entries] == list(range(after + 1, after + 1 + len(entries)))
        for entry in entries:
            counts[entry.body] += 1
        after += len(entries)
    assert after == inbox.last
    return counts


def _rounds(folder: Path, rounds: int) -> None:
    begin = 0
    for number in range(rounds):
        acknowledged = _killed_after(folder, 40 + 53 * number % 400)
        inbox = Segments(folder)
        found = _found(inbox, begin)
        for writer, (count, position) in acknowledged.items():
            assert inbox.last >= position
            assert {found[body(writer, n)] for n in range(count)} == {1}
        begin = inbox.last
        inbox.forget(begin)
        inbox.close()


def test_nothing_acknowledged_is_lost_when_killed(tmp_path: Path) -> None:
    _rounds(tmp_path, 3)


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_killed_many_times(tmp_path: Path) -> None:
    _rounds(tmp_path, 60)
