"""Measuring: each run in a process of its own, cases in turn, medians of several rounds."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

MARK = "measured: "


@dataclass(frozen=True, slots=True)
class Case:
    """One way to do something: a function of a module and its arguments, which returns the seconds that count."""

    name: str
    function: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a case took: the median of its rounds."""

    seconds: float
    peak_mb: int


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the page: a measured figure beside its floor or rival.

    Attributes:
        question: what was measured.
        rows: rows read; 0 where that means nothing.
        seconds: the median.
        peak_mb: the peak memory of the process; 0 where it was not measured.
        beside: what it is compared with, and how that did.
        ratio: what the bar is about.
        bar: the largest or smallest ratio allowed, in words.
        is_met: whether the ratio keeps the bar; None without a bar.
    """

    question: str
    rows: int
    seconds: float
    peak_mb: int
    beside: str
    ratio: float
    bar: str
    is_met: bool | None


@dataclass(frozen=True, slots=True)
class Setting:
    """How benchmarks are run.

    Attributes:
        work: a folder for shops and files; kept between benchmarks of one run.
        small: whether quick variants are run, in this process, once.
        rounds: how often each case is run.
    """

    work: Path
    small: bool = False
    rounds: int = 3

    def measured(self, *cases: Case, rounds: int | None = None) -> list[Measured]:
        """Every case, run in turn."""
        count = 1 if self.small else rounds or self.rounds
        runs: list[list[Measured]] = [[] for _ in cases]
        for _ in range(count):
            for case, found in zip(cases, runs, strict=True):
                found.append(called(case.function, case.arguments) if self.small else _alone(case))
                if not self.small:
                    print(f"  {case.name}: {found[-1].seconds:.2f} s, {found[-1].peak_mb:,} MB", file=sys.stderr, flush=True)
        return [Measured(statistics.median(m.seconds for m in found), max(m.peak_mb for m in found)) for found in runs]


def called(function: str, arguments: dict[str, Any]) -> Measured:
    """A case run in this process."""
    module, _, name = function.partition(":")
    seconds = getattr(import_module(module), name)(**arguments)
    return Measured(seconds, _peak_kb() // 1024)


def cpu_seconds(process: int) -> float:
    """User and system time of all threads of another process."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak_kb() -> int:
    """The peak memory of this process; what `getrusage` says may be that of the process that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _alone(case: Case) -> Measured:
    command = [sys.executable, "-m", "benchmarks.child", case.function, json.dumps(case.arguments)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    for line in done.stdout.splitlines():
        if line.startswith(MARK):
            return Measured(**json.loads(line.removeprefix(MARK)))
    raise RuntimeError(f"{case.name} failed:\n{done.stderr[-4000:]}")
