"""One case in a process of its own: prints its seconds and peak memory."""

from __future__ import annotations

import json
import signal
import sys
from dataclasses import asdict

from benchmarks.harness import MARK, called

if __name__ == "__main__":
    # What a case has started is stopped by its `finally` when the case itself is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    print(MARK + json.dumps(asdict(called(sys.argv[1], json.loads(sys.argv[2])))))
