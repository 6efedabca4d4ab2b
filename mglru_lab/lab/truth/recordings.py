"""Recordings of real kernels: from the recorder's raw text to tables, once, and back into runs.

Three Parquet tables: `runs` (one row per recorded scenario, with its text, its miss log and the raw
file's checksum), `stats` (one row per counter at a label), `maps` (one row per page map).
"""

import hashlib
import lzma
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from mglru_lab.files import whole
from mglru_lab.kernel.releases import family_of, version_of
from mglru_lab.paths import DATA
from mglru_lab.policy.switch import SWITCH
from mglru_lab.scenario.language import PAGE_LIMIT
from mglru_lab.scenario.traces.entries import Entries

if TYPE_CHECKING:
    from mglru_lab.lab.truth.match import Match
    from mglru_lab.policy.kernel import Kernel

FOLDER = DATA / "recordings"
HEAD = (
    *("arch", "cmdline", "recorder", "layout", "damon_stat", "lru_gen_enabled", "thp"),
    *("page-cluster", "swaps", "mnt", "kvm", "cpu", "trace"),
)
"""Of a raw file's head, the lines that say what ran; older recorders wrote some of them."""


class RecordingError(ValueError):
    """Raw text that is not a recording: file, line, reason."""


@dataclass(repr=False)
class Recording:
    """One scenario as a real kernel ran it."""

    file: str
    scenario: str
    release: str
    """uname -r of the kernel."""
    text: str
    """The scenario that was run, made from the recorder's echo of it."""
    finished: bool = False
    misses: bytes | None = None
    """Bit i % 8 of byte i // 8: access i missed."""
    walks: str = ""
    """Per aging 1 if it walked, 0 if not, as a trace of the kernel showed; empty without one."""
    slab: str = ""
    """RECLAIM:ROUND:PAGES, both counted from 1: slab pages freed amid that round, as traced."""
    stats: dict[str, dict[str, int]] = field(default_factory=dict)
    gens: dict[str, dict[int, int]] = field(default_factory=dict)
    """Per label: pages per generation's seq (a file's in a scenario of one), as debugfs showed."""
    maps: dict[tuple[str, int], str] = field(default_factory=dict)
    entries: dict[str, Entries] = field(default_factory=dict)
    """Traces that are neither the lab's own nor files beside its data, by their names in `text`."""
    family: str = ""
    """The family of rules that it is compared with; empty: that of its release."""

    head: str = ""
    """What ran: lines of HEAD; empty in tables that older versions made."""

    def __repr__(self) -> str:
        end = next(reversed(self.stats.values()), {})
        counted = ("pgmajfault", "pgscan_anon", "pgscan_file", "pgsteal_anon", "pgsteal_file")
        moved = {name: end.get(f"vm.{name}", 0) for name in counted}
        said = ", ".join(f"{name} {value:,}" for name, value in moved.items() if value)
        return (
            f"<Recording of {self.scenario} on {self.release}: {len(self.stats)} labels, "
            f"{len(self.maps)} page maps; at the end {said or 'nothing was scanned'}>"
        )

    @property
    def rules(self) -> str:
        """The family of rules that it is compared with."""
        return self.family or family_of(self.release)

    @property
    def series(self) -> str:
        """The kernel as people name it: 6.1, 7.3."""
        return ".".join(map(str, version_of(self.release)))

    @property
    def ran(self) -> dict[str, str]:
        """What ran, by the first word of a line; `layout` and `recorder` hold fields KEY=VALUE."""
        return dict(line.split(" ", 1) for line in self.head.splitlines() if " " in line)

    @property
    def program(self) -> str:
        """Checksum of the guest's program that recorded it; empty for older ones."""
        return _fields(self.ran.get("recorder", "")).get("guest", "")

    @property
    def is_switched(self) -> bool:
        """Recorded on a kernel built with a runtime switch for who asks the secondary MMU."""
        return f"knob {SWITCH} " in self.text

    @property
    def seen_walks(self) -> tuple[bool, ...]:
        """Per aging, whether it walked."""
        return tuple(letter == "1" for letter in self.walks)

    @property
    def freed_slab(self) -> tuple[tuple[int, int, int], ...]:
        """Which reclaim, which round of it, how many slab pages."""
        found = (tuple(map(int, freed.split(":"))) for freed in self.slab.split())
        return tuple((reclaim, round_, pages) for reclaim, round_, pages in found)

    def compare(self, kernel: "Kernel | None" = None) -> "Match":
        """How the model of `kernel` matches it: pages, counters, accesses; see the match's repr.

        By default the kernel that its release stands for. Raises ScenarioError for a scenario that
        is not modelled, OutOfMemory where the model's kernel would kill the process.
        """
        from mglru_lab.lab.truth import groundtruth  # it needs this module

        return groundtruth.compare_with(self, kernel or groundtruth.on_model(self)[0])

    def missed(self) -> npt.NDArray[np.uint8] | None:
        """The miss log, one 0 or 1 per access."""
        if self.misses is None:
            return None
        return np.unpackbits(np.frombuffer(self.misses, np.uint8), bitorder="little")


_RUN = re.compile(r"(?:([0-9]{1,10})x)?([0-9A-Za-z.])")


def expand_map(runs: str) -> str:
    """`66x2 s . 3x1` as one letter per page; RecordingError for what no recorder writes."""
    letters, pages = [], 0
    for token in runs.split():
        run = _RUN.fullmatch(token)
        pages += int(run[1] or 1) if run else PAGE_LIMIT + 1
        if run is None or pages > PAGE_LIMIT:
            raise RecordingError(f"a page map: {token[:40]!r}: allowed is 66x2, for {PAGE_LIMIT}")
        letters.append(run[2] * int(run[1] or 1))
    return "".join(letters)


def contract_map(letters: str) -> str:
    """One letter per page as the recorder writes it: runs longer than three as COUNTxLETTER."""
    tokens: list[str] = []
    for run in re.finditer(r"(.)\1*", letters):
        length = len(run.group())
        tokens += [f"{length}x{run.group(1)}"] if length > 3 else list(run.group())
    return " ".join(tokens)


def _fields(line: str) -> dict[str, str]:
    return dict(token.split("=", 1) for token in line.split() if "=" in token)


WALKED = re.compile(r"(\d+)(?:T|L)( .* | )(\d+)F +\d+A")
"""The last line of lru_gen_full: PTEs and page tables that walks have visited so far."""


def _add_stat(run: Recording, line: str, walked: dict[str, str]) -> str:
    label, values = line.split()[1], _fields(line) | walked
    walked.clear()
    gens = values.pop("gens", "")
    run.stats[label] = {k: int(x) for k, x in values.items() if re.fullmatch(r"-?\d+", x)}
    if gens:
        rows = [re.split("[:/]", row) for row in gens.split(",")]
        of_file = bool(re.search(r"^region \S+ r?file", run.text, re.MULTILINE))
        run.gens[label] = {int(seq): int(file if of_file else anon) for seq, anon, file in rows}
    return label


def raw_text(path: Path) -> str:
    """The recorder's raw text, which may be packed as `.xz`; RecordingError for a damaged file."""
    try:
        data = path.read_bytes()
        return (lzma.decompress(data) if path.suffix == ".xz" else data).decode(errors="replace")
    except (OSError, lzma.LZMAError, EOFError) as error:
        raise RecordingError(f"{path}: {error}") from None


def stem(path: Path) -> str:
    """The name of a raw file without `.txt` or `.txt.xz`."""
    return path.name.removesuffix(".xz").removesuffix(".txt")


def read_raw(path: Path) -> Iterator[Recording]:
    """The recorded scenarios of one raw text file, in order."""
    yield from read_text(raw_text(path), str(path))


_ENABLED = re.compile(r"enabled: write 0, reads 0x([0-9a-f]{1,8})")
"""What the kernel made of `enabled N`."""


def read_text(raw: str, path: str) -> Iterator[Recording]:
    """The recorded scenarios of raw text, in order; `path` names it in errors."""
    release, run, dump, head = "", None, "", ""
    file = stem(Path(path))
    walked: dict[str, str] = {}  # as the dump shows it before its stat line
    lines = raw.splitlines()
    if not lines or not any(line.startswith("#### guest") for line in lines[:3]):
        raise RecordingError(f"{path}: no recording: it does not begin with '#### guest'")
    for number, line in enumerate(lines, start=1):
        try:
            if line.startswith("kernel "):
                release = line.split()[1]
            elif line.startswith("#### scenario "):
                run = Recording(file, line.split()[2], release, "", head=head)
            elif run is None:
                head += f"{line}\n" if line.split(" ")[0] in HEAD else ""
            elif line.startswith("> "):
                run.text += line[2:].strip() + "\n"
            elif made := _ENABLED.fullmatch(line):
                # arm64 has no accessed bits in upper levels: of 7 it makes 3
                run.text = re.sub(r"(?<=enabled )\d+\n\Z", f"{int(made[1], 16)}\n", run.text)
            elif line.startswith("== dump "):
                dump = line.split()[2]
                run.text += "" if dump.endswith("@vm") else f"dump {dump}\n"
            elif line.startswith("== end "):
                dump = ""
            elif line.startswith("stat "):
                label = _add_stat(run, line, walked)
                if not dump and not re.fullmatch(r"mark\d+|.*@vm", label):
                    run.text += f"stat {label}\n"
            elif dump and (seen := WALKED.fullmatch(line.strip())):
                walked |= {"ptes_walked": seen[1], "tables_walked": seen[3]}
            elif line.startswith(("map ", "mapg ")):
                name, _, runs = line.split(" ", 2)
                run.maps[dump.removesuffix("@vm"), int(name == "mapg")] = runs
            elif line.startswith("misslog "):
                if int(line.split()[1]) % 8:
                    raise ValueError("the log of a replay from within a byte cannot be joined")
                run.misses = run.misses or b""
            elif line.startswith("ml ") and run.misses is not None:
                run.misses += bytes.fromhex(line[3:])
            elif line.startswith("walks "):
                run.walks = line[6:]
                if not re.fullmatch("[01]*", run.walks):
                    raise ValueError("walks: allowed are 1 and 0, one per aging")
            elif line.split(" ")[0] == "slab":
                run.slab = line[5:]
                if not re.fullmatch(r"slab( \d{1,9}:\d{1,2}:\d{1,4})*", line):
                    raise ValueError("slab: allowed is RECLAIM:ROUND:PAGES")
            elif line.startswith("#### end "):
                run.finished = True
                yield run
                run = None
            elif line.startswith("#### oracle exit"):
                yield run
                run = None
        except (ValueError, IndexError) as error:
            raise RecordingError(f"{path}:{number}: {error}: {line[:80]!r}") from None
    if run is not None:
        raise RecordingError(f"{path}: cut off amid scenario {run.scenario}: it has no end")


def convert(raw: list[Path], folder: Path = FOLDER, add: bool = False) -> int:
    """Write the tables of all recordings in `raw` into `folder`; returns how many these are.

    `add`: what the tables hold of other files stays.
    """
    runs, stats, maps = [], [], []
    for path in raw:
        checksum = hashlib.sha256(path.read_bytes()).hexdigest()
        for run in read_raw(path):
            key = {"file": run.file, "scenario": run.scenario}
            runs.append(
                key
                | {"release": run.release, "text": run.text, "finished": run.finished}
                | {"misses": run.misses, "walks": run.walks, "slab": run.slab}
                | {"raw_sha256": checksum, "head": run.head}
            )
            for label, counters in run.stats.items():
                stats += [
                    key | {"label": label, "counter": c, "value": x} for c, x in counters.items()
                ]
                stats += [
                    key | {"label": label, "counter": f"gen:{seq}", "value": pages}
                    for seq, pages in run.gens.get(label, {}).items()
                ]
            maps += [
                key | {"label": label, "region": r, "map": m} for (label, r), m in run.maps.items()
            ]
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("runs", runs), ("stats", stats), ("maps", maps)):
        frame = pl.DataFrame(rows, infer_schema_length=None)
        if add and (folder / f"{name}.parquet").exists():
            before = _with_head(pl.read_parquet(folder / f"{name}.parquet"), name)
            kept = before.filter(~pl.col("file").is_in([stem(path) for path in raw]))
            frame = pl.concat([kept, frame.cast(kept.schema)])
        with whole(folder / f"{name}.parquet") as partial:
            frame.write_parquet(partial, compression="zstd", compression_level=19)
    return len(runs)


_KEY = {"file": pl.String(), "scenario": pl.String()}
_TABLES: dict[str, dict[str, pl.DataType]] = {
    "runs": _KEY
    | {"release": pl.String(), "text": pl.String(), "finished": pl.Boolean()}
    | {"misses": pl.Binary(), "walks": pl.String(), "slab": pl.String(), "head": pl.String()},
    "stats": _KEY | {"label": pl.String(), "counter": pl.String(), "value": pl.Int64()},
    "maps": _KEY | {"label": pl.String(), "region": pl.Int64(), "map": pl.String()},
}


def load(folder: Path = FOLDER) -> list[Recording]:
    """All recordings of the tables in `folder`; RecordingError for tables of another kind."""
    found: dict[tuple[str, str], Recording] = {}
    for row in _table(folder, "runs").iter_rows(named=True):
        found[row["file"], row["scenario"]] = Recording(**row)
    try:
        for file, scenario, label, counter, value in _table(folder, "stats").iter_rows():
            run = found[file, scenario]
            if counter.startswith("gen:"):
                run.gens.setdefault(label, {})[int(counter[4:])] = value
            else:
                run.stats.setdefault(label, {})[counter] = value
        for file, scenario, label, region, runs in _table(folder, "maps").iter_rows():
            found[file, scenario].maps[label, region] = runs
    except KeyError as error:
        raise RecordingError(f"{folder}: no such run: {error}") from None
    except ValueError as error:
        raise RecordingError(f"{folder}: {error}") from None
    return list(found.values())


@cache
def shipped() -> tuple[Recording, ...]:
    """The project's own recordings, read once per process: that takes more than a second."""
    return tuple(load())


def _with_head(table: pl.DataFrame, name: str) -> pl.DataFrame:
    """Tables of older versions have no head."""
    is_old = name == "runs" and "head" not in table.columns
    return table.with_columns(head=pl.lit("")) if is_old else table


def _table(folder: Path, name: str) -> pl.DataFrame:
    path = folder / f"{name}.parquet"
    try:
        table = _with_head(pl.read_parquet(path), name)
        found = table.select(pl.col(column).cast(kind) for column, kind in _TABLES[name].items())
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise RecordingError(f"{path}: no table of recordings: {error}") from None
    if sum(found.drop("misses", strict=False).null_count().row(0)):
        raise RecordingError(f"{path}: a value is missing")
    return found
