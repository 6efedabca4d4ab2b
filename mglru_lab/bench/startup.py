"""What a start costs, in CPU seconds of fresh processes."""

import os
import resource
import subprocess
import sys
from tempfile import TemporaryDirectory

IMPORT = "import mglru_lab as ml; ml.Kernel, ml.Scenario"
"""Names are imported when they are used: these two are what one writes before a run."""
RUN = (
    "import mglru_lab as ml; "
    "ml.run(ml.Scenario('region 64 anon\\nlimit 32\\ntouch 0 64 1\\nstat end\\n', 'start'), "
    "ml.Kernel(variant='6.12'))"
)


TELL = "; import time; print(time.process_time())"
"""Python's own end, which frees all that was imported, comes after it."""


def cpu(code: str, runs: int, cache: str = "") -> float:
    """The least CPU time (user and system) of a fresh interpreter that runs `code`, in seconds."""
    environment = {**os.environ, **({"NUMBA_CACHE_DIR": cache} if cache else {})}
    best = float("inf")
    for _ in range(runs):
        begin = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime)
    return best


def until_done(code: str, runs: int) -> float:
    """The least CPU time until a fresh interpreter has done what `code` says, in seconds."""
    command = [sys.executable, "-c", code + TELL]
    return min(float(subprocess.check_output(command)) for _ in range(runs))


def measure(quick: bool = False) -> dict[str, float]:
    """Seconds: imports, a first run from the disk cache, the first ever compile (not if quick)."""
    runs = 1 if quick else 5
    cpu(RUN, 1)  # compiled code is on disk after this
    found = {
        "import_numpy_polars": cpu("import numpy, polars", runs),
        "import_these_and_mglru_lab": cpu(f"import numpy, polars; {IMPORT}", runs),
        "import_and_first_run": until_done(RUN, runs),
        "import_first_run_and_end": cpu(RUN, runs),
    }
    if not quick:
        with TemporaryDirectory() as cache:
            found["first_compile_and_run"] = cpu(RUN, 1, cache)
    return found
