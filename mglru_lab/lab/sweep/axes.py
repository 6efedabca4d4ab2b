"""The grid's axes: the values of each swept parameter, from a mapping or a TOML file."""

import math
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from mglru_lab.lab.sweep.cell import Scalar

MOST = 1_000_000
"""The most values of a parameter, and cells of a grid: more is a slip."""
TEXT = ("kernel", "rules", "kvm", "enabled", "mmu", "workload", "scenario")
_NAME = re.compile(r"[A-Za-z_]\w*")


class GridError(ValueError):
    """A grid that names no sweep: the parameter, the wrong value and what is allowed."""


def axes(given: Mapping[str, object]) -> dict[str, tuple[Scalar, ...]]:
    """Every parameter with its different values, in order; raises GridError for a wrong one.

    A parameter has one value, a list of them, or a range such as {from = 1, to = 9, step = 2}.
    """
    found = {}
    for name, values in given.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise GridError(f"{name!r} is no name of a parameter")
        found[name] = tuple(dict.fromkeys(_same_kind(name, _values(name, values))))
    count = math.prod(map(len, found.values()))
    if count > MOST:
        raise GridError(f"{count} cells; allowed are {MOST}")
    return found


def _values(name: str, given: object) -> list[Scalar]:
    if isinstance(given, Mapping):
        return _range(name, given)
    if isinstance(given, range) and len(given) > MOST:
        raise GridError(f"{name}: {len(given)} values; allowed are {MOST}")
    many = isinstance(given, Iterable) and not isinstance(given, str | bytes)
    values: list[Scalar] = []
    for value in given if isinstance(given, Iterable) and many else [given]:
        match value:
            case int() | float() | str() if value is not True and value is not False:
                values.append(value)
            case _:
                raise GridError(f"{name} {value!r}: allowed are numbers, text and lists of them")
        if isinstance(value, float) and not math.isfinite(value):
            raise GridError(f"{name} {value!r}: allowed are finite numbers")
    if not values:
        raise GridError(f"{name} is empty; allowed are one value or more")
    return values


def _range(name: str, given: Mapping[str, object]) -> list[Scalar]:
    """From, to (included) and step, counted in decimals: 0.1, 0.2, 0.3 are just these."""
    numbers = [
        x
        for x in (given.get("from"), given.get("to"), given.get("step", 1))
        if isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x)
    ]
    if set(given) - {"from", "to", "step"} or len(numbers) < 3:
        raise GridError(f"{name} {dict(given)}: allowed is {{from = 1, to = 9, step = 2}}")
    start, end, step = (Decimal(str(x)) for x in numbers)
    if step <= 0 or end < start or (end - start) / step > MOST:
        raise GridError(f"{name} {dict(given)}: allowed are up to {MOST} steps upwards")
    is_whole = all(isinstance(x, int) for x in numbers)
    steps = (start + i * step for i in range(int((end - start) / step) + 1))
    return [int(x) if is_whole else float(x) for x in steps]


def _same_kind(name: str, values: list[Scalar]) -> list[Scalar]:
    """All whole numbers, all numbers, or all text: they are one column of a table."""
    if name in TEXT or any(isinstance(value, str) for value in values):
        return [str(value) for value in values]
    if any(isinstance(value, int) and abs(value) >= 2**63 for value in values):
        raise GridError(f"{name}: allowed are numbers of up to 63 bits")
    if any(isinstance(value, float) for value in values):
        return [float(value) for value in values]
    return values
