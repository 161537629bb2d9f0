"""Debian's Chromium without a window, for tests that need a real browser. Every host but this machine is unreachable."""

from __future__ import annotations

import shutil
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NEEDS_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: sudo apt-get install chromium"),
]
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


def chromium(address: str, profile: Path, *options: str) -> list[str]:
    """A command line that opens an address with a profile of its own."""
    assert CHROMIUM is not None
    return [CHROMIUM, *_OPTIONS, *options, f"--user-data-dir={profile}", address]


@contextmanager
def browsing(address: str, profile: Path) -> Iterator[Path]:
    """A browser at an address as long as the block runs, and the file with what its console says."""
    said = profile.with_suffix(".log")
    with said.open("wb") as log, subprocess.Popen(chromium(address, profile, "--enable-logging=stderr"), stderr=log) as process:
        try:
            yield said
        finally:
            process.terminate()


def comes_true(claim: Callable[[], bool], said: Path) -> None:
    """Wait until something is so; if it does not come, fail with what the browser's console says."""
    for _ in range(2_400):
        if claim():
            return
        time.sleep(0.05)
    pytest.fail("\n".join(line for line in said.read_text(encoding="utf-8", errors="replace").splitlines() if "CONSOLE" in line))
