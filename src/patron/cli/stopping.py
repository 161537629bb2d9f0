"""Ctrl-C is never lost, and never late.

Python throws away what is raised while an object is taken down (`__del__`, weak references), Ctrl-C too; libraries have such methods.
What was thrown away is asked for again, a moment later, until it is heard.
"""

from __future__ import annotations

import _thread
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_AGAIN_SECONDS = 0.01


@contextmanager
def ctrl_c_is_heard() -> Iterator[None]:
    """As long as the block runs, Ctrl-C ends it, wherever it strikes."""
    before = sys.unraisablehook

    def thrown_away(what: sys.UnraisableHookArgs) -> None:
        if not issubclass(what.exc_type, KeyboardInterrupt):
            before(what)
            return
        again = threading.Timer(_AGAIN_SECONDS, _ask_again)
        again.daemon = True
        again.start()

    def _ask_again() -> None:
        if sys.unraisablehook is thrown_away:
            _thread.interrupt_main()

    sys.unraisablehook = thrown_away
    try:
        yield
    finally:
        sys.unraisablehook = before


def nothing_is_left_to_stop() -> None:
    """From here on the process ends by itself: Ctrl-C would only spoil its exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
