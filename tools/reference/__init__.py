"""Writes `docs/reference/*.md` from the code, so that what is documented is what is there.

Run as `python -m tools.reference`; with `--check` nothing is written, and exit code 1 says that a page is out of date.
"""

from __future__ import annotations
