"""To whom it happened: identifiers, links, and the customers they resolve to."""

from __future__ import annotations
