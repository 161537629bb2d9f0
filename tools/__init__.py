"""Scripts for working on Patron; no part of the package."""

from __future__ import annotations
