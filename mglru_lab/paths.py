"""Folders: the data and notebooks of this project, and what can be made or fetched again."""

import os
from pathlib import Path

_ROOT = Path(__file__).parents[1]
DATA = _ROOT / "data"
NOTEBOOKS = _ROOT / "notebooks"


def cache_folder() -> Path:
    """Ours in the user's cache (XDG_CACHE_HOME); it need not exist yet."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "mglru_lab"
