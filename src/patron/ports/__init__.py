"""What Patron needs from outside, as small protocols; adapters fulfil them."""

from __future__ import annotations
