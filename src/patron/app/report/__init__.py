"""The data of the report, from a store that holds facts and the answers of a refresh.

`report_data` asks `measurement` for each picture, runs it, and gives one frozen value back; the page and the JSON are made of it.
"""

from __future__ import annotations

from patron.app.report.assemble import Earlier, Kept, report_data

__all__ = ["Earlier", "Kept", "report_data"]
