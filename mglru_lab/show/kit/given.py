"""A notebook's parameters as another program set them: plain papermill looks at no type.

`mglru-lab report` checks before a notebook runs (show/report/parameters.py); this is for papermill
and for people who edit the cell.
"""

from collections.abc import Mapping
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from IPython.core.getipython import get_ipython


class GivenError(ValueError):
    """A parameter whose value is not what the notebook declares."""


def check() -> None:
    """Raise GivenError for the first parameter of this notebook that has another type."""
    shell = get_ipython()
    if shell is not None:
        check_names(shell.user_ns)


def check_names(names: Mapping[str, Any]) -> None:
    """The same for any names with their annotations, as a cell leaves them."""
    annotate = names.get("__annotate__")  # Python 3.14 and later
    kinds = annotate(1) if annotate else names.get("__annotations__", {})
    for name, kind in kinds.items():
        if name in names and not fits(names[name], kind):
            shown = kind.__name__ if isinstance(kind, type) else str(kind)
            raise GivenError(
                f"parameter {name} must be {shown}, not {names[name]!r}. With papermill, "
                f"-r {name} TEXT gives a text, -y '{name}: VALUE' anything else "
                '(numbers as texts in quotes: "6.1"); `mglru-lab report -p` reads them by type'
            )


def fits(value: object, kind: Any) -> bool:
    """Whether a value is what an annotation says: plain types, lists, Literal, unions."""
    if isinstance(kind, str):
        return True
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return any(fits(value, one) for one in get_args(kind))
    if origin is Literal:
        return value in get_args(kind)
    if origin in (list, tuple):
        item = get_args(kind)[0]
        return isinstance(value, list | tuple) and all(fits(one, item) for one in value)
    if kind is None or kind is type(None):
        return value is None
    if not isinstance(kind, type):
        return True
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, int | float) if kind is float else isinstance(value, kind)
