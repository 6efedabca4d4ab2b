"""A kernel's modules: which file has which, what each needs first, what is built in."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mglru_lab.recorder.compression import unpacked
from mglru_lab.recorder.tools import RecorderError

_KO = re.compile(r"(.+)\.ko(\.xz|\.zst|\.gz)?$")


def _name(module: str) -> str:
    """A module's name, which has _ where its file may have -."""
    return Path(module).name.split(".")[0].replace("-", "_")


@dataclass(frozen=True)
class Modules:
    """The modules of a kernel: installed below a folder, or built in a source tree."""

    files: dict[str, Path]
    """By name, with _ for -."""
    builtin: frozenset[str] | None
    """Names of those that are built in; None where no file says."""

    @classmethod
    def installed(cls, folder: Path) -> "Modules":
        """The modules below `folder` (lib/modules/RELEASE); packed ones, too."""
        found = sorted(file for file in folder.rglob("*.ko*") if _KO.match(file.name))
        return cls({_name(file.name): file for file in found}, _builtin(folder))

    @classmethod
    def built(cls, tree: Path) -> "Modules":
        """The modules of a built source tree, by its modules.order; none if it has none."""
        order = tree / "modules.order"
        listed = order.read_text(errors="replace").split() if order.is_file() else []
        # Paths of objects since 6.3, of modules before.
        files = [tree / re.sub(r"\.o$", ".ko", re.sub(r"^kernel/", "", line)) for line in listed]
        return cls({_name(f.name): f for f in files if f.is_file()}, _builtin(tree))

    def has(self, module: str) -> bool | None:
        """Whether the kernel has it, built in or as a file; None: no file says what is built in."""
        name = module.replace("-", "_")
        if name in self.files:
            return True
        return None if self.builtin is None else name in self.builtin

    def in_order(self, wanted: Iterable[str]) -> dict[str, bytes]:
        """File name to contents of those of `wanted` that are files, each behind what it needs.

        RecorderError for a file that is no module.
        """
        found: dict[str, bytes] = {}
        begun: set[str] = set()

        def add(module: str) -> None:
            name = module.replace("-", "_")
            file = self.files.get(name)
            if file is None or name in begun:
                return
            begun.add(name)
            try:
                data = unpacked(file.read_bytes())
            except (OSError, RecorderError) as error:
                raise RecorderError(f"{file}: {error}") from None
            if not data.startswith(b"\x7fELF"):
                raise RecorderError(f"{file}: no kernel module")
            for needed in needs(data):
                add(needed)
            found[f"{name}.ko"] = data

        for module in wanted:
            add(module)
        return found


def needs(module: bytes) -> list[str]:
    """The modules that one needs before it, as its .modinfo says."""
    depends = re.search(rb"\0depends=([\w,-]*)\0", module)
    soft = re.findall(rb"\0softdep=pre: ([\w -]+)", module)
    names = (depends[1].decode().split(",") if depends else []) + " ".join(
        text.decode().split("post:")[0] for text in soft
    ).split()
    return [name for name in names if name]


def _builtin(folder: Path) -> frozenset[str] | None:
    file = folder / "modules.builtin"
    if not file.is_file():
        return None
    return frozenset(_name(line) for line in file.read_text(errors="replace").split())
