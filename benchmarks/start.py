"""How long until the command line answers?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.harness import Case, Row

if TYPE_CHECKING:
    from benchmarks.harness import Setting


def run(setting: Setting) -> list[Row]:
    """`patron --help`, from a cold process, beside a Python that does nothing."""
    helped, nothing = setting.measured(
        Case("patron --help", "benchmarks.start:command", {"arguments": [_patron(), "--help"]}),
        Case("python -c pass", "benchmarks.start:command", {"arguments": [sys.executable, "-c", "pass"]}),
        rounds=7,
    )
    bar = 0.3
    beside = f"Python itself: {nothing.seconds:.2f} s; bar 0.3 s"
    return [Row("patron --help", 0, helped.seconds, 0, beside, helped.seconds / bar, "at most 1.0 times", helped.seconds < bar)]


def command(arguments: list[str]) -> float:
    """Seconds of a command."""
    began = perf_counter()
    subprocess.run(arguments, check=True, capture_output=True)
    return perf_counter() - began


def _patron() -> str:
    return str(Path(sys.executable).with_name("patron"))
