"""What holds for every test."""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # whoever runs tests in the background leaves Ctrl-C deaf, and with it all processes that tests start
    signal.signal(signal.SIGINT, signal.default_int_handler)
