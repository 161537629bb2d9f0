"""One function a verb: what every command, page and endpoint calls. Each returns a frozen result that can be shown as JSON."""

from __future__ import annotations
