"""Sources of records: files and exports."""

from __future__ import annotations
