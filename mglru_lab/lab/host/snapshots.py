"""Snapshots of a host over time: reading a folder of them, taking them, what was counted."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from mglru_lab.lab.host.host import Host
from mglru_lab.lab.host.host_files import RELEASE
from mglru_lab.lab.host.text import HostError


class History(list[Host]):
    """Snapshots in the order in which they were taken, and why others could not be read."""

    def __init__(self, hosts: Sequence[Host] = (), flaws: Sequence[str] = ()) -> None:
        super().__init__(hosts)
        self._unread = list(flaws)

    @property
    def flaws(self) -> list[str]:
        """Every flaw: of snapshots that are left out, and of those that are here."""
        return self._unread + [flaw for host in self for flaw in host.flaws]

    @property
    def usable(self) -> "History":
        """Those that have generations; HostError if none has."""
        known = [host for host in self if host.generations.height]
        if not known:
            raise HostError(self[-1].why_no_generations())
        without = [f"{host.why_no_generations()}; this snapshot is left out"
                   for host in self if not host.generations.height]  # fmt: skip
        return History(known, [*self._unread, *without])


def history(folder: Path) -> History:
    """The snapshots in `folder`, or the one that it is; HostError if none can be read."""
    if (folder / RELEASE).exists():
        return History([Host.read(folder)])
    found, flaws = [], []
    for path in sorted(folder.glob(f"*/{RELEASE}")):
        if path.parents[3].name.startswith("."):
            continue  # of a snapshot that is being written, or never was whole
        try:
            found.append(Host.read(path.parents[3]))
        except HostError as error:
            flaws.append(f"{error}; this snapshot is left out")
    if not found:
        raise HostError(flaws[0] if flaws else f"{folder}: no snapshot in it, no {RELEASE}")
    return History(sorted(found, key=lambda host: (host.taken, host.name)), flaws)


def watch(
    root: Path, out: Path, every: float, count: int, progress: Callable[[str], None]
) -> Sequence[Host]:
    """Take `count` snapshots `every` so many seconds into new folders below `out`.

    HostError, and nothing is written, if the first one has no generations.
    """
    taken: list[Host] = []
    start = time.monotonic()
    for number in range(count):
        if number:
            time.sleep(max(0.0, start + number * every - time.monotonic()))
        host = Host.read(root)
        if not taken and host.generations.is_empty():
            raise HostError(host.why_no_generations())
        out.mkdir(parents=True, exist_ok=True)
        name = time.strftime("%Y%m%dT%H%M%S", time.gmtime(host.taken)) + f"-{number:05d}"
        host.write(out / name)
        memcgs = host.generations["entry"].n_unique()
        progress(f"{number + 1} of {count}: {name}: {memcgs} memcgs")
        taken.append(host)
    return taken


MOVED = ("pswpin", "pswpout", "pgscan", "pgsteal", "pgmajfault", "workingset_refault_anon",
         "workingset_refault_file", "workingset_activate_anon", "pgscan_direct", "pgscan_kswapd",
         "pgsteal_direct", "pgsteal_kswapd", "oom_kill")  # fmt: skip
"""Counters of reclaim that vmstat or memory.stat have."""


def moved(hosts: Sequence[Host], memcg: str) -> pl.DataFrame:
    """What reclaim counted from the first snapshot to the last: counter, machine, memcg.

    A counter that a file does not have, or whose file was not copied, is null; so is a column whose
    counters began anew in between (`began_anew` tells which).
    """
    first, last = hosts[0], hosts[-1]
    machine = _grown(first.counters(), last.counters(), _machine_anew(hosts))
    memcgs = _grown(
        first.memcg_counters(memcg), last.memcg_counters(memcg), _memcg_anew(hosts, memcg)
    )
    rows = [
        (name, machine.get(name), memcgs.get(name))
        for name in MOVED
        if name in machine or name in memcgs
    ]
    kinds = {"counter": pl.String, "machine": pl.Int64, "memcg": pl.Int64}
    return pl.DataFrame(rows, kinds, orient="row")


def _grown(first: dict[str, int], last: dict[str, int], anew: str) -> dict[str, int]:
    return {name: last[name] - first[name] for name in first if name in last and not anew}


def began_anew(hosts: Sequence[Host], memcg: str) -> list[str]:
    """Why counters of the first and the last snapshot do not compare, in sentences, if so."""
    return [why for why in (_machine_anew(hosts), _memcg_anew(hosts, memcg)) if why]


def _machine_anew(hosts: Sequence[Host]) -> str:
    first, last = hosts[0], hosts[-1]
    backwards = _backwards(first.counters(), last.counters())
    if first.boot != last.boot and first.boot and last.boot:
        return f"The machine was started anew between {first.name} and {last.name}."
    if backwards:
        return f"{backwards} of the machine went backwards: snapshots of two boots or machines?"
    return ""


def _memcg_anew(hosts: Sequence[Host], memcg: str) -> str:
    first, last = (_numbers(host, memcg) for host in (hosts[0], hosts[-1]))
    if first and last and not first & last:
        old, new = (", ".join(map(str, sorted(numbers))) for numbers in (first, last))
        return f"The memcg {memcg} was made anew: its number was {old} and is {new}."
    backwards = _backwards(hosts[0].memcg_counters(memcg), hosts[-1].memcg_counters(memcg))
    if _machine_anew(hosts) or backwards:
        return f"The memcg {memcg} was made anew: its counters began at 0 again."
    return ""


def _numbers(host: Host, memcg: str) -> set[int]:
    """The numbers of the memcgs of this path that are not removed."""
    rows = host.generations.filter((pl.col("path") == memcg) & (pl.col("memcg") != 0))
    return set(rows["memcg"].unique().to_list())


def _backwards(first: dict[str, int], last: dict[str, int]) -> str:
    """The first counter of reclaim that is lower in `last`; empty if none is."""
    both = (name for name in MOVED if name in first and name in last)
    return next((name for name in both if last[name] < first[name]), "")
