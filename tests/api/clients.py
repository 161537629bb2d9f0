"""What every client of Segment's protocol is let say, and what then stands in the inbox."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from api.loopback import Stumbling, application, listening
from patron.adapters.inbox.segments import Segments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ORDER = {
    "order_id": "A-1001",
    "total": 59.9,
    "currency": "EUR",
    "products": [{"product_id": "P1", "sku": "SHOE-42", "price": 29.95, "quantity": 2}],
}
LONG_AGO = datetime(2024, 12, 24, 18, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Running:
    """A server and what came to it."""

    url: str
    inbox: Segments
    stumbling: Stumbling

    def records(self) -> list[dict[str, Any]]:
        return [json.loads(entry.body)["record"] for entry in self.inbox.read(0, most=1_000)]

    def kinds(self) -> Counter[str]:
        return Counter(record["type"] for record in self.records())

    def of(self, kind: str, **parts: object) -> dict[str, Any]:
        """The one record of a type with these parts."""
        (found,) = [r for r in self.records() if r["type"] == kind and all(r.get(k) == v for k, v in parts.items())]
        return found


@contextmanager
def running_in(folder: Path, first: Sequence[int]) -> Iterator[Running]:
    """A server with an inbox in a folder, whose first answers are these statuses."""
    inbox = Segments(folder / "inbox")
    stumbling = Stumbling(application(inbox), list(first))
    with listening(stumbling) as url:
        yield Running(url, inbox, stumbling)
    inbox.close()


def is_told(running: Running) -> None:
    """That six calls stand in the inbox, once each, with what was said in them."""
    assert running.kinds() == {"identify": 1, "page": 1, "track": 2, "alias": 1, "group": 1}
    identified = running.of("identify")
    assert (identified["userId"], identified["traits"]) == ("u1", {"email": "ann@shop.example", "firstName": "Ann"})
    assert identified["context"]["ip"] == "198.51.100.7"
    order = running.of("track", event="Order Completed")
    assert order["properties"] == ORDER
    assert datetime.fromisoformat(order["timestamp"]) == LONG_AGO
    alias = running.of("alias")
    assert (alias["previousId"], alias["userId"]) == ("visitor-7", "u1")
    assert running.of("page")["properties"]["url"] == "https://shop.example/shoes"
    assert running.of("group")["groupId"] == "club"
    assert len({r["messageId"] for r in running.records()}) == 6
    assert running.stumbling.first == []
