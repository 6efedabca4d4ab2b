"""Which cells a client is computing, made known to every other client of the same folder.

A claim is a lock on one byte of one file, numbered by the cell's key. The system gives it up when
its process ends, however that ends, so no claim outlives its client and none has to be cleaned up.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType

NAME = ".claims"


class Claims:
    """The claims of this process in `folder`; two clients in one process are one client.

    Raises OSError where the folder's file system has no locks.
    """

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)

    def take(self, key: str) -> bool:
        """Whether the cell is ours now; false if another client works on it."""
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _byte(key))
        except (BlockingIOError, PermissionError):  # POSIX allows either
            return False
        return True

    def give_up(self, key: str) -> None:
        """The cell is finished, or another client's to try."""
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, _byte(key))

    def __enter__(self) -> "Claims":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        os.close(self._file)


def _byte(key: str) -> int:
    """Offsets go to 2**63; of 10,000 cells two share one of 2**60 once in 10**10 sweeps."""
    return int(key[:15], 16)
