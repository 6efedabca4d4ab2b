"""A real host's MGLRU at one moment: its files, what they say, what could not be read."""

import errno
import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

import polars as pl

from mglru_lab.kernel.features import ALL, Enabled
from mglru_lab.lab.host.host_files import (
    ARCH,
    BOOT,
    ENABLED,
    FILES,
    FULL,
    KVM,
    LIVE,
    LRU_GEN,
    RELEASE,
    TAKEN,
    VMSTAT,
    read_moment,
    read_text,
    stats_of,
)
from mglru_lab.lab.host.text import (
    HostError,
    Parsed,
    read_bits,
    read_counters,
    read_lru_gen,
    read_release,
)

_MMU_OF = {"aarch64": "arm64", "ppc64le": "ppc-radix", "s390x": "s390", "riscv64": "other"}
_COLUMNS = ("entry", "memcg", "path", "node", "seq", "age_ms", "anon", "file")


@dataclass(frozen=True)
class Host:
    """Files of one moment; `texts` by path without the leading slash, `taken` in seconds.

    `refused` has the errno of files that are there or may be, but could not be read. Of a copied
    folder `root`, the memory.stat files are read when asked for.
    """

    name: str
    texts: dict[str, str]
    taken: float
    root: Path | None = None
    refused: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, root: Path) -> "Host":
        """From a live machine's `/`, or from a folder into which its files were copied."""
        live = root == LIVE
        host = cls("this machine" if live else str(root), {}, 0.0, None if live else root)
        for path in FILES:
            text, refused = read_text(root / path)
            if text is not None:
                host.texts[path] = text
            elif refused not in (errno.ENOENT, errno.ENOTDIR):
                host.refused[path] = refused
        if live:
            host.texts.setdefault(RELEASE, f"{os.uname().release}\n")
            host.texts.setdefault(ARCH, f"{os.uname().machine}\n")
        if RELEASE not in host.texts:
            raise HostError(f"{host.name}: {RELEASE} is missing: is it a copy of a host's files?")
        _ = host.version
        object.__setattr__(host, "taken", read_moment(root))
        if live:
            for path in host._stats():
                if (text := read_text(root / path)[0]) is not None:
                    host.texts[path] = text
        return host

    def text(self, path: str) -> str | None:
        """A file's text; None where it was not copied."""
        if path not in self.texts and self.root is not None:
            return read_text(self.root / path)[0]
        return self.texts.get(path)

    def _stats(self) -> Iterator[str]:
        """Where memory.stat of the memcgs may be; no path leads elsewhere."""
        for path in sorted({row.path for row in self._parsed.generations}):
            if path.startswith("/") and ".." not in PurePosixPath(path).parts and "\0" not in path:
                yield from stats_of(path)

    def write(self, folder: Path) -> None:
        """Put the files into the new `folder`, whole or not at all."""
        if folder.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder))
        partial = folder.with_name(f".{folder.name}.{os.getpid()}")
        texts = self.texts | {path: text for path in self._stats() if (text := self.text(path))}
        try:
            for path, text in [*texts.items(), (TAKEN, f"{self.taken:.3f}\n")]:
                (partial / path).parent.mkdir(parents=True, exist_ok=True)
                (partial / path).write_text(text, encoding="utf-8")
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def _in(self, path: str) -> str:
        return f"{self.name}: /{path}"

    @cached_property
    def version(self) -> tuple[int, int]:
        """The kernel's, (6, 12)."""
        return read_release(self._in(RELEASE), self.texts[RELEASE])

    @property
    def release(self) -> str:
        """As `uname -r` shows it."""
        return self.texts[RELEASE].strip()

    @property
    def boot(self) -> str:
        """What differs after a restart of the machine; empty where it was not copied."""
        return self.texts.get(BOOT, "").strip()

    @cached_property
    def enabled(self) -> int | None:
        """The feature bits; None where the kernel has no MGLRU. HostError if they are damaged."""
        text = self.texts.get(ENABLED)
        return None if text is None else read_bits(self._in(ENABLED), text)

    @property
    def bits(self) -> int:
        """The bits that released kernels know; all of them where `enabled` cannot be read."""
        try:
            return ALL if self.enabled is None else self.enabled & ALL
        except HostError:
            return ALL

    @property
    def is_off(self) -> bool:
        """MGLRU is there, and switched off."""
        return not self.bits & Enabled.CORE

    @cached_property
    def _parsed(self) -> Parsed:
        flaws: list[str] = []
        for path in (LRU_GEN, FULL):
            if path in self.texts:
                try:
                    found, more = read_lru_gen(self._in(path), self.texts[path])
                    return Parsed(found, flaws + more)
                except HostError as error:
                    flaws.append(str(error))
        return Parsed([], flaws)

    @cached_property
    def generations(self) -> pl.DataFrame:
        """entry, memcg, path, node, seq, age_ms, anon, file (pages), distance; perhaps empty.

        A memcg is an `entry`: up to 6.19 those that were removed share the number 0, even a path.
        """
        kinds = dict.fromkeys(_COLUMNS, pl.UInt64) | {"path": pl.String}
        table = pl.DataFrame(self._parsed.generations, kinds, orient="row")
        youngest = pl.col("seq").max().over("entry", "node")
        return table.with_columns(distance=youngest - pl.col("seq"))

    @cached_property
    def flaws(self) -> list[str]:
        """What could not be read of files that are there: file, line, reason."""
        found = list(self._parsed.flaws)
        for path, read in ((ENABLED, read_bits), (VMSTAT, read_counters)):
            try:
                got = read(self._in(path), self.texts[path]) if path in self.texts else 0
                found += got[1] if isinstance(got, tuple) else []
            except HostError as error:
                found.append(str(error))
        return found

    def counters(self, path: str = VMSTAT) -> dict[str, int]:
        """The counters of a file, vmstat or a memory.stat; empty without it, or where damaged."""
        text = self.text(path)
        try:
            return {} if text is None else read_counters(self._in(path), text)[0]
        except HostError:
            return {}

    def memcg_counters(self, memcg: str) -> dict[str, int]:
        """A memcg's memory.stat, descendants included, as v2's and v1's `total_` counters are."""
        for path in stats_of(memcg):
            if found := self.counters(path):
                totals = {name.removeprefix("total_"): n for name, n in found.items()
                          if name.startswith("total_")}  # fmt: skip
                return found | totals
        return {}

    @cached_property
    def mmu(self) -> str:
        """The kind of secondary MMU that KVM's parameters tell; empty where KVM is not loaded."""
        said = {name: self.texts.get(path, "").strip() for name, path in KVM.items()}
        arch = self.texts.get(ARCH, "").strip()
        if arch in _MMU_OF:
            return _MMU_OF[arch]
        if not any(said.values()):
            return ""
        if "N" in (said["ept"], said["npt"], said["tdp_mmu"]) or "0" in (said["npt"], said["ept"]):
            return "x86-shadow"
        return "x86-tdp-noad" if said["eptad"] == "N" else "x86-tdp-ad"

    def without_root(self) -> pl.DataFrame:
        """What vmstat tells everybody: list, anon, file (pages), the machine's; perhaps empty.

        MGLRU counts its two youngest generations as active, the others as inactive.
        """
        known = self.counters()
        lists = ("two youngest generations", "older generations")
        if ENABLED not in self.texts or self.is_off:
            lists = ("active lists", "inactive lists")
        rows = [
            (named, known[f"nr_{kind}_anon"], known[f"nr_{kind}_file"])
            for kind, named in zip(("active", "inactive"), lists, strict=True)
            if f"nr_{kind}_anon" in known and f"nr_{kind}_file" in known
        ]
        return pl.DataFrame(rows, {"pages in": pl.String, "anon": pl.Int64, "file": pl.Int64},
                            orient="row")  # fmt: skip

    def why_no_generations(self) -> str:
        """Why `generations` is empty, and the one command that gives them."""
        if self._parsed.flaws:
            return self._parsed.flaws[0]
        if ENABLED not in self.texts and not self.refused:
            return f"{self.name}: no /{ENABLED} and no /{LRU_GEN}: there are no generations"
        why = f"{self.name}: /{LRU_GEN} is missing: debugfs is read by root, and must be mounted"
        if self.root is not None:
            return f"{why}. On that machine: sudo cat /{LRU_GEN} >lru_gen"
        refused = self.refused.get(LRU_GEN, errno.ENOENT)
        if refused == errno.EACCES:
            return f"{why}. Run: {_as_root()}"
        if refused == errno.EPERM:
            return f"{why}; /sys/kernel/security/lockdown may keep it from root, too"
        return f"{why}. As root: mount -t debugfs none /sys/kernel/debug"


def _as_root() -> str:
    """The command that runs, as root: by its whole path, since sudo has a PATH of its own."""
    program = Path(sys.argv[0])
    ours = (
        [sys.executable, "-m", "mglru_lab"]
        if program.stem == "__main__"
        else [str(program.absolute())]
    )
    return shlex.join(["sudo", *ours, *sys.argv[1:]])
