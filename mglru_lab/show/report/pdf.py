"""A report as PDF, printed by the Chromium that is installed, without a network."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome")
# Timers run ahead until nothing is left to do, at most that many milliseconds of the page's time.
_PATIENCE = 30_000


class NoBrowser(RuntimeError):
    """There is no Chromium, or it did not print."""


def browser(what: str = "a PDF") -> str:
    """Where Chromium is; raises NoBrowser with `what` needs it and what to install."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        raise NoBrowser(
            f"{what} needs one of {', '.join(_NAMES)}; Debian: apt-get install chromium"
        )
    return found


def to_pdf(page: Path) -> Path:
    """Print the HTML file `page` to a PDF next to it, whole or not at all; return its path."""
    program, out = browser(), page.with_suffix(".pdf")
    with tempfile.TemporaryDirectory(dir=page.parent, prefix=f".{page.stem}-") as scratch:
        part = Path(scratch) / "page.pdf"
        command = [
            program, "--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer",
            "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={scratch}/profile",
            f"--virtual-time-budget={_PATIENCE}", f"--print-to-pdf={part}",
            *(["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []),
            page.absolute().as_uri(),
        ]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=180)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NoBrowser(f"{page.name} was not printed: {error}") from None
        if done.returncode or not part.exists():
            raise NoBrowser(f"{page.name} was not printed: {done.stderr.strip()[-500:]}")
        part.replace(out)
    return out
