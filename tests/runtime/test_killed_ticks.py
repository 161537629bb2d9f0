"""However often the process is killed, in a tick, a checkpoint or a change of definitions: what was acknowledged counts, and counts once."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from patron.kernel.ids import derived
from patron.runtime.referee import strays
from runtime.living import CLOCK, MADE, opened

_TESTS = Path(__file__).parents[1]
_CHILD = "import sys; sys.path[:0] = sys.argv[3:]; from pathlib import Path; from runtime.living import live; live(Path(sys.argv[1]), int(sys.argv[2]))"


def _killed(folder: Path, first: int, seconds: float) -> int:
    """Let the process live until it has taken an event, and some time longer; the number of the last event that it acknowledged."""
    last = first - 1
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(folder), str(first), str(_TESTS), *sys.path], stdout=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout is not None
        end = 0.0
        for line in child.stdout:
            if line.endswith("\n"):
                last = int(line)
            end = end or time.monotonic() + seconds
            if time.monotonic() > end:
                child.kill()
    return last


def _rounds(folder: Path, rounds: int) -> None:
    rng, last, acknowledged = np.random.default_rng(1), 0, set()
    for _ in range(rounds):
        first = last + 2  # one may be kept that was not acknowledged any more
        last = _killed(folder, first, rng.uniform(0.0, 4.0))
        acknowledged |= set(range(first, last + 1))
    store, inbox, ticks = opened(folder)
    ticks.define(MADE[1])
    done = ticks.tick(CLOCK.now())
    while inbox.last > done.position:
        done = ticks.tick(CLOCK.now())
    kept = [number for (number,) in store.execute("SELECT event_id FROM events").fetchall()]
    assert {derived("event", f"m{number}") for number in acknowledged} <= set(kept)
    assert len(kept) == len(set(kept)) <= len(acknowledged) + rounds
    assert store.execute("SELECT count(*) FROM events WHERE customer_id IS NULL").fetchall() == [(0,)]
    assert strays(store, MADE[1], ticks.hold(done.as_of)) == 0


def test_acknowledged_events_count_once_whenever_the_process_is_killed(tmp_path: Path) -> None:
    _rounds(tmp_path, 4)


@pytest.mark.slow
def test_acknowledged_events_count_once_two_hundred_times(tmp_path: Path) -> None:
    _rounds(tmp_path, 200)
