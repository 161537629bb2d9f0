"""The report as one page: words, pictures and style, made of `measurement.report.ReportData` and nothing else."""

from __future__ import annotations
