"""Engines that execute expressions."""

from __future__ import annotations
