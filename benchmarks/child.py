"""One case in a process of its own: prints its seconds and peak memory."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from benchmarks.harness import MARK, called

if __name__ == "__main__":
    print(MARK + json.dumps(asdict(called(sys.argv[1], json.loads(sys.argv[2])))))
