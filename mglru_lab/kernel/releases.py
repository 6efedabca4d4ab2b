"""Which family of rules a kernel follows, by its release."""

import re

from mglru_lab.kernel.rules import FAMILIES


def version_of(release: str) -> tuple[int, int]:
    """The first two numbers of `uname -r`, or of a name such as 7.3; ValueError without them."""
    found = re.match(r"(\d+)\.(\d+)(?![\w])", release)
    if found is None:
        raise ValueError(f"{release!r} is no kernel release: it begins like 6.12 or 7.3.4-mine")
    return int(found[1]), int(found[2])


def family_of(release: str) -> str:
    """The rules that a kernel follows by its release: the newest family not newer than it.

    Recorded are 6.1, 6.12 and 6.16 to 7.3. That 6.14 brought what 6.16 shows is its mail's word; of
    6.2 to 6.11, 6.13 to 6.15 and what comes after 7.3 nothing was recorded. A patched kernel may
    follow others: compare a recording to find out. ValueError for a kernel older than all of them.
    """
    version = version_of(release)
    fits = [name for name in FAMILIES if version_of(name) <= version]
    if not fits:
        raise ValueError(f"{release} is older than 6.1, the oldest kernel with known rules")
    return fits[-1]
