"""A real host's MGLRU: snapshots of its files, and what they mean."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

import polars as pl

from mglru_lab.kernel.features import Enabled, enabled_show
from mglru_lab.lab.host.text import HostError, read_bits, read_counters, read_lru_gen, read_release
from mglru_lab.lab.thread.decisions import sentence
from mglru_lab.policy.kernel import Kernel

RELEASE = "proc/sys/kernel/osrelease"
ENABLED = "sys/kernel/mm/lru_gen/enabled"
LRU_GEN = "sys/kernel/debug/lru_gen"
FULL = "sys/kernel/debug/lru_gen_full"
VMSTAT = "proc/vmstat"
_KVM = {
    "ept": "sys/module/kvm_intel/parameters/ept",
    "eptad": "sys/module/kvm_intel/parameters/eptad",
    "npt": "sys/module/kvm_amd/parameters/npt",
    "tdp_mmu": "sys/module/kvm/parameters/tdp_mmu",
}
FILES = (
    RELEASE, "proc/sys/kernel/arch", VMSTAT, "proc/swaps", ENABLED,
    "sys/kernel/mm/lru_gen/min_ttl_ms", LRU_GEN, FULL, *_KVM.values(),
)  # fmt: skip
_TAKEN = "taken"
_MOST_BYTES = 1 << 26


@dataclass(frozen=True)
class Host:
    """Files of one moment; `texts` by path without the leading slash, `taken` in seconds."""

    name: str
    texts: dict[str, str]
    taken: float

    @classmethod
    def read(cls, root: Path) -> "Host":
        """From a live machine's `/`, or from a folder into which its files were copied."""
        texts = {path: text for path in FILES if (text := _text(root / path)) is not None}
        name = "this machine" if root == Path("/") else str(root)
        if root == Path("/"):
            texts.setdefault(RELEASE, f"{os.uname().release}\n")
        if RELEASE not in texts:
            raise HostError(f"{name}: {RELEASE} is missing: is it a copy of a host's files?")
        taken = _text(root / _TAKEN)
        try:
            moment = float(taken) if taken else time.time() if root == Path("/") else 0.0
        except ValueError:
            raise HostError(f"{root / _TAKEN}: {taken!r} is no number of seconds") from None
        host = cls(name, texts, moment)
        for path in sorted(set(host._paths())):
            stat = stat_of(path)
            if (text := _text(root / stat)) is not None:
                texts[stat] = text
        return host

    def _paths(self) -> Iterator[str]:
        """The memcgs' paths that are safe to look up below a folder."""
        for path in self.generations["path"].unique():
            if path.startswith("/") and ".." not in PurePosixPath(path).parts and "\0" not in path:
                yield path

    def write(self, folder: Path) -> None:
        """Put the files into the new `folder`, whole or not at all."""
        partial = folder.with_name(f".{folder.name}.{os.getpid()}")
        for path, text in [*self.texts.items(), (_TAKEN, f"{self.taken:.3f}\n")]:
            (partial / path).parent.mkdir(parents=True, exist_ok=True)
            (partial / path).write_text(text)
        partial.rename(folder)

    def _in(self, path: str) -> str:
        return f"{self.name}: /{path}"

    @cached_property
    def version(self) -> tuple[int, int]:
        """The kernel's, (6, 12)."""
        return read_release(self._in(RELEASE), self.texts[RELEASE])

    @cached_property
    def enabled(self) -> int | None:
        """The feature bits; None where the kernel has no MGLRU."""
        text = self.texts.get(ENABLED)
        return None if text is None else read_bits(self._in(ENABLED), text)

    @cached_property
    def generations(self) -> pl.DataFrame:
        """memcg, path, node, seq, age_ms, anon, file (pages), distance; empty without debugfs."""
        path = LRU_GEN if LRU_GEN in self.texts else FULL
        rows = read_lru_gen(self._in(path), self.texts[path])[0] if path in self.texts else []
        names = ["memcg", "path", "node", "seq", "age_ms", "anon", "file"]
        kinds = dict.fromkeys(names, pl.UInt64) | {"path": pl.String}
        table = pl.DataFrame(rows, kinds, orient="row")
        youngest = pl.col("seq").max().over("memcg", "node")
        return table.with_columns(distance=youngest - pl.col("seq"))

    def counters(self, path: str = VMSTAT) -> dict[str, int]:
        """The counters of a file, vmstat or a memory.stat; empty where it was not copied."""
        text = self.texts.get(path)
        return {} if text is None else read_counters(self._in(path), text)

    @cached_property
    def mmu(self) -> str:
        """The kind of secondary MMU that KVM's parameters tell; empty where KVM is not loaded."""
        said = {name: self.texts.get(path, "").strip() for name, path in _KVM.items()}
        if self.texts.get("proc/sys/kernel/arch", "").strip() == "aarch64":
            return "arm64"
        if not any(said.values()):
            return ""
        if "N" in (said["ept"], said["npt"], said["tdp_mmu"]) or "0" in (said["npt"], said["ept"]):
            return "x86-shadow"
        return "x86-tdp-noad" if said["eptad"] == "N" else "x86-tdp-ad"

    @cached_property
    def variant(self) -> str:
        """The model's kernel that asks the secondary MMU as this host does."""
        if self.version >= (6, 15):
            return "6.15"
        return "6.12" if self.version >= (6, 12) else "6.1"

    def verdict(self) -> str:
        """Which rules it follows and whether its secondary MMUs are aged, in sentences."""
        release = self.texts[RELEASE].strip()
        if self.enabled is None:
            return f"Linux {release} shows no {ENABLED}: it has no MGLRU, or was built without it."
        shown = enabled_show(self.enabled)
        if not self.enabled & Enabled.CORE:
            return f"Linux {release}: MGLRU is off (enabled {shown}): the classic LRU reclaims."
        recorded = "" if self.version in ((6, 1), (6, 12)) else ", the nearest that was recorded"
        rules = "6.12" if self.version >= (6, 12) else "6.1"
        parts = [f"Linux {release}, enabled {shown}: the rules of {rules}{recorded}."]
        if self.enabled & Enabled.SECONDARY_MMU:
            parts.append("Bit 0x8 is set: a kernel with one of the thread's patches; which one, no "
                         "file tells.")  # fmt: skip
        if not self.mmu:
            parts.append("KVM is not loaded: there is no secondary MMU to ask.")
            return " ".join(parts)
        kernel = Kernel(variant=self.variant, enabled=self.enabled & 7, mmu=self.mmu)
        return " ".join(parts) + f"\n\n{sentence(kernel)}"


def _text(path: Path) -> str | None:
    """A file's text; None where it is missing or may not be read."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError:
        return None
    if len(data) > _MOST_BYTES:
        raise HostError(f"{path}: more than {_MOST_BYTES} bytes")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise HostError(f"{path}: byte {error.start} is no text") from None


def history(folder: Path) -> list[Host]:
    """The snapshots in `folder` (or the one that it is), in the order in which they were taken."""
    if (folder / RELEASE).exists():
        return [Host.read(folder)]
    found = [Host.read(path.parents[3]) for path in folder.glob(f"*/{RELEASE}")]
    if not found:
        raise HostError(f"{folder}: no snapshot in it, no {RELEASE}")
    return sorted(found, key=lambda host: (host.taken, host.name))


def watch(
    root: Path, out: Path, every: float, count: int, progress: Callable[[str], None]
) -> Sequence[Host]:
    """Take `count` snapshots `every` so many seconds into new folders below `out`."""
    out.mkdir(parents=True, exist_ok=True)
    taken: list[Host] = []
    for number in range(count):
        if number:
            time.sleep(every)
        host = Host.read(root)
        name = time.strftime("%Y%m%dT%H%M%S", time.gmtime(host.taken)) + f"-{number:05d}"
        host.write(out / name)
        progress(f"{number + 1} of {count}: {name}: {host.generations.height} generations")
        taken.append(host)
    return taken


def over_time(hosts: Sequence[Host], path: str = "") -> pl.DataFrame:
    """Pages by generation of one memcg, all nodes: seconds, distance, seq, anon, file, age_ms.

    `path`: the memcg; default is the one with the most pages at the end.
    """
    frames = [host.generations.with_columns(seconds=pl.lit(host.taken)) for host in hosts]
    table = pl.concat(frames)
    if table.is_empty():
        raise HostError(
            f"{hosts[0].name}: /{LRU_GEN} is missing; debugfs is read by root, and must be mounted"
        )
    path = path or largest(hosts[-1] if hosts[-1].generations.height else hosts[0])
    chosen = table.filter(pl.col("path") == path)
    if chosen.is_empty():
        known = ", ".join(sorted(table["path"].unique())[:8])
        raise HostError(f"memcg {path!r} is in no snapshot; there are {known}")
    sums = chosen.group_by("seconds", "distance").agg(
        pl.col("seq").max(), pl.col("anon", "file").sum(), pl.col("age_ms").max()
    )
    start = float(min(host.taken for host in hosts))
    return sums.with_columns(pl.col("seconds") - start).sort("seconds", "distance")


def largest(host: Host) -> str:
    """The path of the memcg with the most pages."""
    sums = host.generations.group_by("path").agg((pl.col("anon") + pl.col("file")).sum())
    return str(sums.sort(["anon", "path"], descending=[True, False])["path"][0])


def most_pages(table: pl.DataFrame) -> int:
    """The most pages that the memcg of `over_time` had at one moment."""
    sums = table.group_by("seconds").agg((pl.col("anon") + pl.col("file")).sum())
    return int(sums["anon"].max())  # type: ignore[arg-type]


def stat_of(memcg: str) -> str:
    """Where a memcg's memory.stat is."""
    return f"sys/fs/cgroup{memcg.rstrip('/')}/memory.stat"


MOVED = ("pswpin", "pswpout", "pgscan", "pgsteal", "pgmajfault", "workingset_refault_anon",
         "workingset_refault_file", "workingset_activate_anon", "pgscan_direct", "pgscan_kswapd",
         "pgsteal_direct", "pgsteal_kswapd", "oom_kill")  # fmt: skip
"""Counters of reclaim that vmstat or memory.stat have."""


def moved(hosts: Sequence[Host], memcg: str) -> pl.DataFrame:
    """What reclaim counted from the first snapshot to the last: counter, machine, memcg.

    A counter that a file does not have, or whose file was not copied, is null; one that went
    backwards (the machine was started anew in between) raises HostError.
    """
    rows = []
    for name in MOVED:
        change: list[int | None] = []
        for path in (VMSTAT, stat_of(memcg)):
            first, last = (host.counters(path).get(name) for host in (hosts[0], hosts[-1]))
            change.append(None if first is None or last is None else last - first)
        if any(value is not None and value < 0 for value in change):
            raise HostError(f"{hosts[-1].name}: {name} went backwards: snapshots of two boots?")
        if any(value is not None for value in change):
            rows.append((name, *change))
    kinds = {"counter": pl.String, "machine": pl.Int64, "memcg": pl.Int64}
    return pl.DataFrame(rows, kinds, orient="row")
