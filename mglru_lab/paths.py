"""Folders: the data and notebooks of this project, and what can be made or fetched again."""

import os
from pathlib import Path

_PACKAGE = Path(__file__).parent
_CLONE = _PACKAGE.parent
_FOUND_IN = _CLONE if (_CLONE / "pyproject.toml").is_file() else _PACKAGE / "installed"
"""A clone has them at its top; a wheel carries them inside the package."""
DATA = _FOUND_IN / "data"
NOTEBOOKS = _FOUND_IN / "notebooks"


def notebook(word: str) -> Path:
    """The notebook that is meant by a path, or by the name of one of ours: `05_price`."""
    path = Path(word)
    own = NOTEBOOKS / f"{path.name.removesuffix('.ipynb')}.ipynb"
    return own if not path.is_file() and own.is_file() and path.parent == Path() else path


def cache_folder() -> Path:
    """Ours in the user's cache (XDG_CACHE_HOME); it need not exist yet."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "mglru_lab"
