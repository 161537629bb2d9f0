"""What programs speak with: the collection of events, and whether the server is well. Bare ASGI where every event passes."""

from __future__ import annotations
