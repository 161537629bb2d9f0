"""Adapters by name, loaded one at a time."""

from __future__ import annotations
