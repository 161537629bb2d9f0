"""Did it help, and how is the shop doing: pictures of the whole shop, worked out from facts and features.

`movements` is the one ledger of net revenue that every figure about money is summed from. Functions that take `Facts` or a named table
give an expression back; what is worked out from a few rows of their answers (bins, triangles, shrunk means) is plain Python over values.
"""

from __future__ import annotations
