"""Patron, the open customer engine for online shops.

Read the packages in the order data take: `collect` (what happened), `identity` (to whom), `facts` (what is true), `features` (what
describes a customer), `segments` (who belongs together), `measurement` (did it help). Importing this package loads neither an engine
nor numpy.
"""

from __future__ import annotations

__version__ = "0.1.0"
