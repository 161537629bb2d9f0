"""Did it help: cohorts, ladders, movement and money over time."""

from __future__ import annotations
