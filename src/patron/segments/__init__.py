"""Who belongs together: named conditions over features and events, read from text, checked, and turned into one expression each.

`definition` reads a file, `language` its condition, `check` all definitions together; `plan` makes the expressions that preview, membership
and export share; `explain` unfolds one customer's answer, `due` says when it can next change, `cluster` learns segments from numbers.
"""

from __future__ import annotations
