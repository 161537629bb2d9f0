"""Definitions that ship with Patron: data, not code.

A project reads them like its own; a file of the same name in the project's `segments/` takes the place of one of these. `segments` gives the
files, `entries` what a page about them says.
"""

from __future__ import annotations

from patron.library.files import segment_files

__all__ = ["segment_files"]
