"""`Grid`: a sweep's parameters, each with one value or several; every combination is a cell."""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from pathlib import Path
from string import Template

from mglru_lab.choose import choose
from mglru_lab.kernel.features import ALL, Enabled, enabled_show, enabled_store
from mglru_lab.kernel.rules import RULES
from mglru_lab.lab.sweep.axes import GridError, axes
from mglru_lab.lab.sweep.cell import OWN, Cell, Scalar, TraceFile, code_version
from mglru_lab.policy.comparable import COMMON_KVM
from mglru_lab.policy.kernel import DEFAULT_RULES, Kernel
from mglru_lab.policy.kernel_by_release import of_release
from mglru_lab.policy.kvm import KVMS
from mglru_lab.policy.mmu import DEFAULT_MMU, MMUS
from mglru_lab.scenario import generators, workloads
from mglru_lab.scenario.language import Scenario
from mglru_lab.scenario.traces.entries import load_trace

ON: dict[str, Scalar] = {
    "kernel": "6.12", "rules": DEFAULT_RULES, "kvm": COMMON_KVM, "mmu": DEFAULT_MMU, "enabled": "y",
}  # fmt: skip
"""Parameters of every cell, and their defaults: what it runs on.

Kernels are policies on the same rules and KVM code, unless their names say otherwise; with `own`
each has those of its release or posting.
"""
OF_WORKLOAD: dict[str, Scalar] = {
    "workload": "mix", "seed": 1, "pages": 2048, "length": 65536, "memory": 0.5, "swappiness": 60,
}  # fmt: skip
"""Parameters of a cell that runs a workload or a trace; `memory` is a share of its pages."""
BOUNDS = {
    "seed": (0, 2**63), "pages": (64, 2**24), "length": (64, 2**28), "swappiness": (1, 200),
}  # fmt: skip
AXES = {"rules": tuple(RULES), "kvm": tuple(KVMS)}
_WORD = re.compile(r"[^\s#$]+")


@dataclass(frozen=True)
class Grid:
    """Every parameter with its values; files are looked up from `base`."""

    axes: Mapping[str, tuple[Scalar, ...]]
    base: Path

    @classmethod
    def of(cls, given: "Grid | Mapping[str, object] | str | Path") -> "Grid":
        """A grid from a mapping of values and lists, or from a TOML file of them."""
        if isinstance(given, Grid):
            return given
        if isinstance(given, Mapping):
            return cls._of(given, Path())
        path = Path(given)
        try:
            return cls._of(tomllib.loads(path.read_text(encoding="utf-8")), path.parent)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise GridError(f"{path}: no TOML: {error}") from None
        except OSError as error:
            raise GridError(f"{path}: {error.strerror}") from None
        except GridError as error:
            raise GridError(f"{path}: {error}") from None

    @classmethod
    def _of(cls, given: Mapping[str, object], base: Path) -> "Grid":
        found = cls(axes(given), base)
        found._check()
        return found

    def _check(self) -> None:
        """Check each value by itself; values that fail only together are reported by their cell."""
        if "scenario" in self.axes:
            names = set().union(*(self._template(str(s))[1] for s in self.axes["scenario"]))
            allowed = {*ON, "scenario", *names}
            if missing := names - self.axes.keys():
                raise GridError(f"the scenario says ${min(missing)}, to which nothing gives values")
        else:
            allowed = {*ON, *OF_WORKLOAD}
        try:
            for name, values in self.axes.items():
                choose("parameter", name, sorted(allowed))
                for value in values:
                    self._check_value(name, value)
        except ValueError as error:
            raise GridError(str(error)) from None
        first, last = (self._cell([of[at] for of in self._ordered.values()]) for at in (0, -1))
        if first.text:
            self._check_scenario(first, last)

    @staticmethod
    def _check_scenario(first: Cell, last: Cell) -> None:
        """What is wrong with the first and with the last combination is taken to be a slip."""
        name = str(dict(first.values)["scenario"])
        try:
            commands = Scenario(first.text, name).commands()
        except ValueError as error:
            try:
                commands = Scenario(last.text, name).commands()
            except ValueError:
                raise GridError(str(error)) from None
        if not {"dump", "stat", "replaymarks"} & {command.name for command in commands}:
            raise GridError(f"{name} notes nothing; a line 'stat end' at its end would do")

    def _check_value(self, name: str, value: Scalar) -> None:
        if name == "kernel":
            Kernel.parse(str(value))
        elif name in AXES:
            choose(name, value, [OWN, *AXES[name]])
        elif name == "mmu":
            choose(name, value, list(MMUS))
        elif name == "enabled":
            enabled_store(str(value), ALL | Enabled.SECONDARY_MMU)
        elif "scenario" in self.axes:
            if isinstance(value, str) and not _WORD.fullmatch(value):
                raise GridError(f"{name} {value!r}: allowed is one word, without $ and #")
        elif name == "workload":
            if str(value) not in workloads.WORKLOADS:
                _trace_file(str(value), self.base)
        elif name == "memory":
            if isinstance(value, str) or not 0 < value <= 1:
                raise GridError(f"memory {value!r}: allowed is a share, above 0 to 1")
        else:
            low, high = BOUNDS[name]
            if not isinstance(value, int) or not low <= value <= high:
                raise GridError(f"{name} {value!r}: allowed are whole numbers {low} to {high}")

    @property
    def swept(self) -> list[str]:
        """The parameters with more than one value."""
        return [name for name, values in self.axes.items() if len(values) > 1]

    @cached_property
    def cells(self) -> list[Cell]:
        """All different cells: workload by workload, then by the other parameters in order."""
        made = map(self._cell, product(*self._ordered.values()))
        return list({cell.key: cell for cell in made}.values())

    @cached_property
    def _ordered(self) -> dict[str, tuple[Scalar, ...]]:
        first = [name for name in (*OF_WORKLOAD, "scenario") if name in self.axes]
        return {name: self.axes[name] for name in [*first, *self.axes]}

    def _cell(self, choice: Iterable[Scalar]) -> Cell:
        values = {**ON, **dict(zip(self._ordered, choice, strict=True))}
        values["kernel"] = _kernel_name(str(values["kernel"]))
        values["enabled"] = _bits(str(values["enabled"]))
        return self._of_scenario(values) if "scenario" in values else self._of_workload(values)

    def _of_workload(self, given: dict[str, Scalar]) -> Cell:
        values: dict[str, Scalar] = {**OF_WORKLOAD, **given}
        name = str(values["workload"])
        traces: tuple[TraceFile, ...] = ()
        if name not in workloads.WORKLOADS:
            del values["pages"], values["length"]
            if file := _trace_file(name, self.base):
                traces = (file,)
                del values["seed"]
                values["workload"] = file.name
        values["memory"] = float(values["memory"])
        return Cell(tuple(values.items()), traces=traces, code=code_version())

    def _template(self, name: str) -> tuple[Template, tuple[str, ...]]:
        path = self.base / name
        return _template(path, _stamp(path))

    def _of_scenario(self, given: dict[str, Scalar]) -> Cell:
        template, names = self._template(str(given["scenario"]))
        values = {name: given[name] for name in (*ON, "scenario", *names)}
        path = self.base / str(values["scenario"])
        values["scenario"] = path.name
        text = template.substitute(values)
        named = _traces_of(text, path)
        return Cell(tuple(values.items()), text, named, code_version())


@cache
def _kernel_name(text: str) -> str:
    """One spelling of a kernel's name; what a release stands for depends on rules and KVM."""
    kernel = Kernel.parse(text)
    return text.strip() if of_release(text.strip()) else kernel.name


@cache
def _bits(text: str) -> str:
    bits = enabled_store(text, ALL | Enabled.SECONDARY_MMU)
    return "y" if text[:1] in ("y", "Y") else enabled_show(bits)


def _stamp(path: Path) -> tuple[int, int]:
    """What changes when a file does, so that what was read of it is read again."""
    try:
        stat = path.stat()
    except (OSError, ValueError):  # a name with a zero byte
        return 0, 0
    return stat.st_mtime_ns, stat.st_size


@cache
def _template(path: Path, _stamp: tuple[int, int]) -> tuple[Template, tuple[str, ...]]:
    """A scenario's text with $NAME where a parameter stands, and these names."""
    try:
        template = Template(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise GridError(f"scenario {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise GridError(f"scenario {path}: no text: {error.reason}") from None
    except ValueError as error:  # a zero byte in the name
        raise GridError(f"scenario {str(path)!r}: {error}") from None
    if not template.is_valid():
        raise GridError(f"scenario {path}: a $ comes before a parameter's name, or is doubled")
    return template, tuple(template.get_identifiers())


def _trace_file(name: str, base: Path) -> TraceFile | None:
    """The file that a trace's name leads to, read once to see that it can be; None: it is made."""
    return _found_trace(name, base, _stamp(base / name))


@cache
def _found_trace(name: str, base: Path, stamp: tuple[int, int]) -> TraceFile | None:
    if name.removesuffix(".u32").partition("@")[0] in generators.WORKLOADS and stamp == (0, 0):
        return None
    try:
        found, _ = load_trace(name, [(base / name).parent])
        path = Path(found).absolute()
        return TraceFile(path.name, str(path), hashlib.sha256(path.read_bytes()).hexdigest())
    except ValueError as error:
        raise GridError(f"{error}; nor is it one of {', '.join(workloads.WORKLOADS)}") from None
    except OSError as error:
        raise GridError(f"trace {name[:80]!r}: {error.strerror}") from None


def _traces_of(text: str, path: Path) -> tuple[TraceFile, ...]:
    """The trace files that a scenario loads; raises for the first one that is not there."""
    names = re.findall(r"(?m)^[ \t]*trace[ \t]+([^\s#]+)", text)
    files = {name: _trace_file(name, path.parent) for name in names}
    return tuple(
        TraceFile(name, file.path, file.sha256) for name, file in files.items() if file is not None
    )
