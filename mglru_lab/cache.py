"""Where things are kept that can be made or fetched again."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """Ours in the user's cache (XDG_CACHE_HOME); it need not exist yet."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "mglru_lab"
