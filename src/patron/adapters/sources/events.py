"""Site events: JSON Lines in the form of Segment's calls, or a log with a row per view, cart and purchase."""

from __future__ import annotations

from patron.adapters.sources import events_log, events_segment
from patron.ports.source import FileSource

SOURCE = FileSource(
    "events",
    "What happened on the site: JSON Lines in Segment's form, or a log with a row per event.",
    (events_segment.LAYOUT, events_log.LAYOUT),
)
