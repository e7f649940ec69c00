"""How long an import takes: `imports.py MODULE`, one JSON line."""

import importlib
import sys
import time

start = time.perf_counter()
importlib.import_module(sys.argv[1])
milliseconds = (time.perf_counter() - start) * 1000

from work import report  # noqa: E402

report({"import": milliseconds})
