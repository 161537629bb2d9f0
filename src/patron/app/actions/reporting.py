"""The report: one page with pictures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from patron.app.actions.backtesting import warnings
from patron.app.actions.segments import segments
from patron.app.answers import last_answers
from patron.app.files import write_text
from patron.app.report import Earlier, Kept, report_data
from patron.measurement.report import Segment
from patron.runtime.models import kept_models
from patron.runtime.pipeline import features_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from patron.app.project import Project
    from patron.measurement.report import ReportData
    from patron.runtime.loading_options import Progress

EARLIER_DAYS = 90
_EARLIER = "features_earlier"


@dataclass(frozen=True, slots=True)
class Reported:
    """A report that was written, and its data."""

    file: Path
    data: ReportData

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {"file": str(self.file), **self.data.as_json()}


def report(project: Project, *, progress: Progress) -> ReportData:
    """Everything that the report shows, as of the last refresh.

    Raises:
        InputError: nothing was loaded or worked out yet.
    """
    answers = last_answers(project)
    facts = project.facts(answers.as_of)
    earlier = _earlier(project, answers.as_of - timedelta(days=EARLIER_DAYS))
    models = kept_models(project.store)
    kept = Kept(
        segments=_segments(project), earlier=earlier, ladder=project.config.ladder, catalog=project.definitions.catalog, models=models,
        warnings=warnings(models.choice) if models and models.choice else (),
    )  # fmt: skip
    try:
        return report_data(project.store, facts, kept, progress=progress)
    finally:
        project.store.drop(_EARLIER, temporary=True)


def write_report(project: Project, file: Path, render: Callable[[ReportData], str], *, progress: Progress) -> Reported:
    """Write the report to a file, whole or not at all.

    Raises:
        InputError: nothing was loaded or worked out yet, or the file cannot be written.
        TransientError: the disk is full.
    """
    data = report(project, progress=progress)
    write_text(file, render(data))
    return Reported(file, data)


def _earlier(project: Project, as_of: datetime) -> Earlier:
    features_at(project.store, project.definitions.catalog, project.facts(as_of), into=_EARLIER, names=("rfm_group", "net_revenue"))
    return Earlier(_EARLIER, as_of)


def _segments(project: Project) -> tuple[Segment, ...]:
    return tuple(
        Segment(
            slug=s.definition.slug,
            name=s.definition.name,
            meaning=s.definition.meaning,
            why=s.definition.why,
            advice=s.definition.advice,
            members=s.members,
            share=s.share,
            net_revenue=s.net_revenue,
            margin=s.margin,
            waiting_for=s.waiting,
        )
        for s in segments(project).segments
    )
