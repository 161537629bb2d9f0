"""What acts: the clock and the pipeline that runs the path on an engine."""

from __future__ import annotations
