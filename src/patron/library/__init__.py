"""Definitions that ship with Patron: data, not code.

A project reads them like its own; a file of the same name in the project's `segments/` folder takes the place of one of these.
`files` gives their texts, `entries` what a page about them says.
"""

from __future__ import annotations
