"""The composition root: configuration, projects, and one function a verb."""

from __future__ import annotations
