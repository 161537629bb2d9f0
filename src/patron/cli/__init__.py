"""The command line: one module a verb, each loaded only when it is used. Results go to stdout, everything else to stderr."""

from __future__ import annotations

from patron.cli.main import main

__all__ = ["main"]
