"""What happened: how columns, dates, amounts, people and mappings of the outside are read.

`headers` recognises a file, `style` decides how its columns write dates and numbers, `parsing` reads them, `ids`, `amounts` and `people`
are the words in which sources turn records into facts, `mapping` reads what the owner states about a file.
"""

from __future__ import annotations
