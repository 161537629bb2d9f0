"""Predicting: models are chosen by the shop's past, fitted, kept, and everything is worked out again with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.app.actions.backtesting import Backtest, absentees, backtest, warnings
from patron.app.actions.refreshing import Refreshed, refresh
from patron.kernel.errors import InputError
from patron.kernel.time import iso
from patron.predictions.kept import as_values, name_of
from patron.runtime.models import Models, keep_models, kept_models
from patron.runtime.predicting import Names, fitted, named

if TYPE_CHECKING:
    from patron.app.project import Project
    from patron.facts.as_of import Facts
    from patron.ports.engine import Engine
    from patron.runtime.loading_options import Progress

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Predicted:
    """Models that were fitted and kept, and the answers that were worked out with them.

    Attributes:
        models: the kept ones.
        backtest: what chose them; None where one was named.
        refreshed: the answers.
    """

    models: Models
    backtest: Backtest | None
    refreshed: Refreshed

    def as_json(self) -> dict[str, object]:
        """For programs."""
        choice = self.models.choice
        return {
            **self.refreshed.as_json(),
            "chosen": name_of(self.models.orders),
            "why": choice.why if choice else "",
            "warnings": list(warnings(choice)) if choice else [],
            "took_part": [s.model for s in choice.standings] if choice else [],
            "absent": list(absentees(choice)) if choice else [],
            "customers_with_orders": int(self.models.customers),
            "models": models_as_json(self.models),
        }


def predict(  # noqa: PLR0913  # options of one call
    project: Project,
    *,
    as_of: str = "",
    model: str = AUTO,
    horizon_days: int | None = None,
    boosting: bool = False,
    progress: Progress,
) -> Predicted:
    """Choose models by the shop's past, or take a named one, fit them to all customers, keep them, and work out everything with them.

    Args:
        project: the shop's.
        as_of: facts before it are learned from and answered for; now if empty.
        model: a name, or `auto` for a back-test.
        horizon_days: of the back-test; as in the settings if not given.
        boosting: whether boosted trees take part in the back-test, whatever the settings say.
        progress: is told about every table.

    Raises:
        InputError: nothing was loaded yet, nobody has ordered, there is no such model, or the instant cannot be read.
    """
    test = None
    if model == AUTO:
        test = backtest(project, as_of=as_of, horizon_days=horizon_days, boosting=boosting, progress=progress)
    names = named(model) if test is None else Names(test.choice.chosen, test.choice.model, test.choice.alive, test.choice)
    settings, now = project.config.predictions, project.clock.now()

    def fit(engine: Engine, facts: Facts) -> Models:
        models = fitted(engine, facts, names, settings, now=now)
        keep_models(project.store, models)
        return models

    done = refresh(project, as_of=as_of, progress=progress, fit=fit)
    models = kept_models(project.store)
    if models is None:
        raise InputError("Nothing can be learned yet: no order counts as of this instant.")
    return Predicted(models, test, done)


def models_as_json(models: Models) -> list[dict[str, object]]:
    """The kept models with their parameters."""
    given = {"orders": models.orders, "chances": models.chances, "alive": models.alive, "spend": models.spend, "gaps": models.gaps}
    found: list[dict[str, object]] = []
    for answers, model in given.items():
        if model is not None:
            said = as_values(model)
            errors = getattr(model, "standard_errors", None)
            found.append(
                {
                    "answers": answers,
                    "name": name_of(model),
                    "parameters": said["values"],
                    "standard_errors": errors,
                    "log_likelihood": said.get("log_likelihood"),
                    "doubt": said.get("doubt", ""),
                    "as_of": iso(models.as_of),
                    "fitted_at": iso(models.fitted_at),
                }
            )
    return found
