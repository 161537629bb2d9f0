"""Choosing by the shop's own past: every entrant forecasts from days gone by, and the simplest that nobody beats beyond chance is taken.

`choose` takes `Origin`s and gives a `Choice`: the name, the reason in sentences, and the whole table, which can be kept as JSON.
`STANDARD` are the entrants; further ones join by being an `Entrant`. `with_care` fits a model as the back-test does.
`origin_of_orders` makes an origin of a list of orders.
"""

from __future__ import annotations

from patron.predictions.choosing.choice import choose
from patron.predictions.choosing.entrants import STANDARD, Entrant, Forecast, with_care
from patron.predictions.choosing.of_orders import origin_of_orders
from patron.predictions.choosing.origins import Known, Origin
from patron.predictions.choosing.results import Band, Choice

__all__ = ["STANDARD", "Band", "Choice", "Entrant", "Forecast", "Known", "Origin", "choose", "origin_of_orders", "with_care"]
