"""`choose`: an error that names the wrong value and the allowed ones."""

from collections.abc import Sequence
from difflib import get_close_matches


def choose(what: str, value: object, allowed: Sequence[object]) -> None:
    """Raise ValueError naming the wrong `value` and what is allowed."""
    if value in allowed:
        return
    allowed_names = ", ".join(map(str, allowed)) or "none"
    near = get_close_matches(str(value), [str(name) for name in allowed], n=1)
    hint = f"; did you mean {near[0]}?" if near else "."
    raise ValueError(f"{what} {value!r} is unknown{hint} Allowed: {allowed_names}")
