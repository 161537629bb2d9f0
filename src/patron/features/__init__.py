"""What describes a customer: every named number and label, as of an instant, each with one definition.

`catalog` lists the features, a module for each family beside it. They are worked out in three steps that `plan` says and an engine runs:
each source of facts becomes `partials` with one row per customer, the partials become features, and cut points (`scores`) turn some of
these into scores from 1 to 5 and `groups`. `own` adds a shop's own features; `by_category` scores customers within a category.
"""

from __future__ import annotations
