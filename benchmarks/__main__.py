"""Runs benchmarks by name, all when none is named."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from benchmarks import page
from benchmarks.harness import Row, Setting

BENCHMARKS = (
    "start",
    "preview",
    "load",
    "beside_pandas",
    "beside_spark",
    "make",
    "refresh",
    "predict",
    "models",
    "collect",
    "live",
    "served",
)


def main(arguments: list[str] | None = None) -> int:
    """Run, print, and keep the figures; 1 when a bar was not kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], help="which; all if none is named")
    parser.add_argument("--small", action="store_true", help="quick variants in this process; nothing is written")
    parser.add_argument("--rounds", type=int, default=3, help="how often each case is run")
    parser.add_argument("--work", type=Path, help="a folder for shops, kept afterwards; a temporary one if not given")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        setting = Setting(given.work or Path(temporary), given.small, given.rounds)
        setting.work.mkdir(parents=True, exist_ok=True)
        kept = [_run(name, setting) for name in given.names or BENCHMARKS]
    return 0 if all(kept) else 1


def _run(name: str, setting: Setting) -> bool:
    print(f"{name} …", file=sys.stderr, flush=True)
    rows: list[Row] = import_module(f"benchmarks.{name}").run(setting)
    for row in rows:
        said = {True: "kept", False: "NOT KEPT", None: "no bar"}[row.is_met]
        print(f"{row.question}: {row.seconds:.2f} s, {row.peak_mb:,} MB; {row.beside}; ratio {row.ratio:.2f}, bar {row.bar}: {said}")
    if not setting.small:
        page.keep(name, rows, _machine())
    return all(row.is_met is not False for row in rows)


def _machine() -> str:
    """The machine in general terms."""
    cores = os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    is_virtual = "hypervisor" in Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else False
    return f"{cores} cores, {memory:.0f} GiB of memory{', virtual machine' if is_virtual else ''}"


if __name__ == "__main__":
    sys.exit(main())
