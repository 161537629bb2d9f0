"""What happened: the vocabulary of events and the reading of columns, dates and amounts."""

from __future__ import annotations
