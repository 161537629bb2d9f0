"""One module a verb; each names its click command `command` and calls one function of `app.actions`."""

from __future__ import annotations
