"""The catalog of features: what can be asked, shown and used in conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from patron.app.project import Project
    from patron.features.feature import Feature


@dataclass(frozen=True, slots=True)
class Features:
    """Features, in the order of the catalog."""

    features: tuple[Feature, ...]

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {
            "features": [
                {
                    "name": f.name,
                    "family": f.family,
                    "kind": f.kind,
                    "unit": f.unit,
                    "meaning": f.meaning,
                    "needs": list(f.needs),
                    "seeds": list(f.seeds),
                }
                for f in self.features
            ]
        }


def features(project: Project, *, search: str = "") -> Features:
    """The features of the project, its own included; with `search`, those whose name, family or meaning holds the word."""
    word = search.casefold()
    found = (f for f in project.definitions.catalog.visible() if word in f"{f.name} {f.family} {f.meaning}".casefold())
    return Features(tuple(found))
