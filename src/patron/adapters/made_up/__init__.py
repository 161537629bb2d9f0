"""Made-up shops of any size: three years of orders, visits, messages, reviews, tickets and advertising, from a seed.

People differ in how often they buy and in how long they stay (they buy until they leave, silently), products sell by Zipf's law, and a
quarter of the people never orders. Everything is drawn by hashing the seed with what is drawn, inside the engine and set-wise, so that
the same seed gives the same shop whatever the number of threads. Nobody in it exists: e-mail addresses are at example.com.

Public: `fill` and `Proportions`.
"""

from __future__ import annotations

from patron.adapters.made_up.plan import Proportions
from patron.adapters.made_up.shop import fill

__all__ = ["Proportions", "fill"]
