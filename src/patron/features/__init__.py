"""What describes a customer: every named number and label, as of an instant, each with one definition."""

from __future__ import annotations
