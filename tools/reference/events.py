"""The page of events."""

from __future__ import annotations

from patron.collect import events
from patron.collect.vocabulary import WORDS, kind_of
from tools.reference.markdown import code, document, sentence, table


def page() -> str:
    """The page."""
    rows = [(code(w.name), code(kind_of(w.name)), sentence(w.meaning), ", ".join(code(n) for n in w.old_names)) for w in WORDS]
    meanings: dict[str, list[str]] = {}
    for word, meaning in events.SHORT_NAMES.items():
        meanings.setdefault(meaning, []).append(word)
    logs = [(code(meaning), ", ".join(code(w) for w in words)) for meaning, words in sorted(meanings.items())]
    return document(
        "Events",
        "What a shop's site can tell, in the words of Segment's e-commerce specification. A name counts as one of these when it is written "
        "exactly so, and else whatever its case and whatever stands between its words. Every other event is kept under its own name in "
        "snake case, with all of its properties.",
        table(("event", "kind", "told when", "also recognised as"), rows),
        "## Which amount counts",
        "The value of an event is its `value`, else `total`, else `revenue`, else `price` times `quantity`; amounts may be numbers or "
        "text, and currencies may be in lower case. In the specification `revenue` is without shipping and tax and `total` is with "
        "both, but shops confuse them: money is counted by [orders](tables.md#orders), which come from exports or webhooks, and never "
        "by events.",
        "## Names in logs",
        "In a log with a row per event these names are recognised too:",
        table(("kind", "names"), logs),
    )
