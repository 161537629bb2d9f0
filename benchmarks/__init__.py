"""Answers to plain questions about speed and memory, each beside a named floor or rival in the same run.

`python -m benchmarks` runs them all and writes the page `docs/reference/speed.md`; `python -m benchmarks refresh preview` runs some and
leaves the other figures on the page as they are; `--small` runs quick variants that write nothing.
"""

from __future__ import annotations
