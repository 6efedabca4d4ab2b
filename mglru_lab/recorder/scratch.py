"""Folders to work in that go with the process that made them, even if it is killed.

Each holds a lock while its process lives; whoever makes one removes those without an owner.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX = "mglru-lab-"
_LOCK = ".lock"


@contextmanager
def scratch(within: Path | None = None) -> Iterator[Path]:
    """An empty folder, removed at the end of the block; by default among the temporary ones."""
    parent = within or Path(tempfile.gettempdir())
    _sweep(parent)
    made = Path(tempfile.mkdtemp(dir=parent, prefix=f".{_PREFIX}"))
    with (made / _LOCK).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = made.rename(made.with_name(made.name.removeprefix(".")))  # now others look at it
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Remove our folders whose process is dead."""
    for lock in parent.glob(f"{_PREFIX}*/{_LOCK}"):
        try:
            with lock.open("rb") as held:
                if os.fstat(held.fileno()).st_uid == os.getuid():
                    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(lock.parent, ignore_errors=True)
        except OSError:
            continue  # held by a living process, gone meanwhile, or not ours to read
