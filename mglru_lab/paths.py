"""Folders: the data and notebooks of this project, and what can be made or fetched again."""

import os
from pathlib import Path

_PACKAGE = Path(__file__).parent
_CLONE = _PACKAGE.parent
_FOUND_IN = _CLONE if (_CLONE / "pyproject.toml").is_file() else _PACKAGE / "installed"
"""A clone has them at its top; a wheel carries them inside the package."""
DATA = _FOUND_IN / "data"
NOTEBOOKS = _FOUND_IN / "notebooks"


def cache_folder() -> Path:
    """Ours in the user's cache (XDG_CACHE_HOME); it need not exist yet."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "mglru_lab"
