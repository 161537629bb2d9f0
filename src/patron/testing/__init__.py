"""For tests of Patron and of plug-ins: tiny shops, contract suites, a clock that is told the time."""

from __future__ import annotations
