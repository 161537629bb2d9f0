"""Who belongs together: conditions over features, their language, checks, explanations and due times."""

from __future__ import annotations
