"""What the facts of one source say about each customer, in one row: the sums, counts and latest values that features are made of."""

from __future__ import annotations
