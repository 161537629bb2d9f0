"""However often the process is killed, in a tick, a checkpoint or a change of definitions: what was acknowledged counts, and counts once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING

import numpy as np
import pytest

from patron.kernel.ids import derived
from patron.runtime.referee import strays
from runtime.living import CLOCK, MADE, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

_TESTS = Path(__file__).parents[1]
_BIRTH = "import sys; sys.path[:0] = sys.argv[1:]; from runtime.living import give_birth; give_birth()"


@contextmanager
def _nursery() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", _BIRTH, str(_TESTS), *sys.path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as nursery:
        yield nursery
        assert nursery.stdin is not None
        nursery.stdin.close()


def _killed(nursery: subprocess.Popen[str], folder: Path, first: int, seconds: float) -> int:
    """Let a process live until it has taken an event, and some time longer; the number of the last event that it acknowledged."""
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    nursery.stdin.write(f"{folder} {first}\n")
    born, last, killing = 0, first - 1, None
    for line in nursery.stdout:
        match line.split():
            case ["gone"]:
                break
            case [number] if not born:
                born = int(number)
            case [number] if line.endswith("\n"):
                last = int(number)
                if killing is None:
                    killing = Timer(seconds, os.kill, (born, signal.SIGKILL))
                    killing.start()
    assert killing is not None
    killing.join()
    return last


def _rounds(folder: Path, rounds: int) -> None:
    rng, last, acknowledged = np.random.default_rng(1), 0, set()
    with _nursery() as nursery:
        for _ in range(rounds):
            first = last + 2  # one may be kept that was not acknowledged any more
            last = _killed(nursery, folder, first, rng.uniform(0.0, 2.0))
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
    _rounds(tmp_path, 20)


@pytest.mark.slow
def test_acknowledged_events_count_once_two_hundred_times(tmp_path: Path) -> None:
    _rounds(tmp_path, 200)
