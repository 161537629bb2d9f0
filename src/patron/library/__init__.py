"""Definitions that ship with Patron: data, not code."""

from __future__ import annotations
