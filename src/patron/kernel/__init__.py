"""The words every other package is written in: problems, money, time, ids and table declarations. Depends on nothing else here."""

from __future__ import annotations
