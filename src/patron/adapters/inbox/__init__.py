"""Inboxes: where what is received stays until it has become facts."""

from __future__ import annotations
