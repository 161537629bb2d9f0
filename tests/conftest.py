"""What holds for every test."""

from __future__ import annotations

import gc
import signal
from typing import TYPE_CHECKING

import properties

if TYPE_CHECKING:
    import pytest

gc.set_threshold(100_000)  # as the command line does: a quarter of the time of making statements is saved
# Whoever runs tests in the background leaves them deaf to Ctrl-C, and with them all processes that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Tell properties how thorough they are to be."""
    properties.find_out(config)
