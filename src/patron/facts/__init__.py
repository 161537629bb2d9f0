"""What is true of the shop: tables of facts, and how they look at an instant."""

from __future__ import annotations
