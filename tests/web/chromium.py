"""Debian's Chromium without a window, for tests that need a real browser. Every host but this machine is unreachable."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
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
