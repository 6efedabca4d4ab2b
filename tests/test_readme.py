"""What the README says was found: the same numbers, computed here or read from the recordings."""

import re
import tomllib
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

import mglru_lab as ml
from mglru_lab.cli.main import main
from mglru_lab.lab.mechanisms import on_real_kernels
from mglru_lab.lab.mechanisms.on_real_kernels import KERNEL as REAL
from mglru_lab.lab.price import proactive_curves
from mglru_lab.lab.price.advise import advise
from mglru_lab.lab.price.threshold import AT_EVICTION, on_kvms
from mglru_lab.lab.price.verdict import verdict
from mglru_lab.lab.thread import readings, switch_counters
from mglru_lab.lab.thread.look_around_cases import CASES
from mglru_lab.lab.thread.switch_counters import KERNEL
from mglru_lab.scenario.workloads import workload

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "README.md").read_text(encoding="utf-8")
FOUND = " ".join(PAGE.split("## What was found")[1].split("\n## ")[0].split())


def test_it_is_short_and_has_one_picture() -> None:
    assert len(PAGE.splitlines()) <= 120
    assert PAGE.count("![") == 1


def test_asking_moves_memory_from_guest_to_host() -> None:
    wanted = ["host refaults", "guest refaults", "refaults"]
    name = "m_share50_kvm_en7_y1_r1"
    frame = switch_counters.beside(name, wanted, switch_counters.modelled(name, ["never", "stock"]))
    end = frame.filter(source=KERNEL, label="end")
    value = {(o, c): v for o, c, v in end.select("option", "counter", "value").iter_rows()}
    host, guest = (value["never", name] / value["stock", name] for name in wanted[:2])
    both = f"{value['never', 'refaults']:,} against {value['stock', 'refaults']:,} in all"
    said = (
        f"{host:.2f} times the host refaults of 6.12, but {guest:.2f} times the guest's, and {both}"
    )
    assert said in FOUND


def test_what_asking_saves_is_the_flush() -> None:
    flush = ml.Costs().ns("lookup_write_tlbflush")
    scenario = CASES["share50"].scenario(ml.Kernel(variant="6.12"))
    found = on_kvms(scenario, "6.12", "existing", rules="6.12")
    saved = dict(found["6.12"].parts.select("part", "saved_ms").rows())
    assert saved[AT_EVICTION] > sum(abs(ms) for part, ms in saved.items() if part != AT_EVICTION)
    assert f"breaks even at {found['6.12'].break_even:,.0f} ns per call" in FOUND
    assert f"({flush:,.0f} ns each)" in FOUND
    today = found["6.15"]
    assert today.difference < 0
    assert verdict(today).kind == "undecided"
    low, high = today.interval
    assert f"(break-even from {low:,.0f} to {high:,.0f} ns)" in FOUND


def test_what_changed_since() -> None:
    against = on_real_kernels.against_control(on_real_kernels.who_pays())
    host = against.filter(kernel="6.18", source=REAL, who="host")["percent"].item()
    assert f"On 6.18 aging asks, and yet the host refaults {host} % more" in FOUND
    assert not advise(length=16384).decided
    assert advise(rules="6.12", length=16384).decided


def test_proactive_reclaim_sees_no_guest() -> None:
    kernels = [ml.Kernel.parse(name) for name in ("proposed", "existing")]
    sets = proactive_curves.working_set(workload("phases", length=32768), kernels, 2048)
    last = sets.filter(pl.col("pass") == pl.col("pass").max())
    seen = {name: (estimate, true) for name, _, true, estimate in last.rows()}
    none, true = seen["existing"]
    assert none == 0
    said = f"of a guest's working set of {true} pages, a kernel that does not ask sees none"
    assert said in FOUND
    assert f"one that asks sees {seen['proposed'][0]} (all of them, and the page that" in FOUND
    beyond = sets.filter(pl.col("kernel") == "proposed", pl.col("pass") > 1)
    assert set(beyond["estimate"] - beyond["true"]) == {1}, "the guest's code is one page"


def test_code_and_words_differ_in_so_many_cells() -> None:
    differ = readings.readings_differ(False, 0xF)
    assert f"in {differ.height} cells of the table of v2 and v3" in FOUND
    assert set(differ["variant"]) == {"v2", "v3"}


def test_the_recordings_are_counted_as_the_table_counts_them() -> None:
    table = (ROOT / "docs" / "reference" / "support-matrix.md").read_text(encoding="utf-8")
    table = table.partition("<!-- /groundtruth -->")[0]  # the check's is another one
    rows = [row.split(" | ") for row in table.splitlines() if re.search(r"\| [67]\.\d+ \|", row)]
    runs = sum(int(row[2]) for row in rows)
    equal = {row[0].strip("| "): 0 for row in rows}
    left = dict(equal)
    for row in rows:
        same, of = map(int, row[5].split(" of "))
        equal[row[0].strip("| ")] += same
        left[row[0].strip("| ")] += of - same
    apart = sum(left.values())
    known = ("classic LRU", "classic LRU, 4 s without a stop")
    known += ("page cache, on a file system", "swap on a disk")
    named = sum(left[name] for name in known)
    text = " ".join(PAGE.split())
    assert f"{runs:,} runs of real Linux kernels from 6.1 to 7.3 were recorded" in text
    assert f"in {sum(equal.values()):,} of them the model equals every counter" in text
    assert f"{named} of the other {apart} are the classic LRU with a timer running" in text


@pytest.mark.parametrize("place", ["command line", "pyproject.toml", "CHANGELOG.md"])
def test_the_version_is_one(place: str) -> None:
    if place == "command line":
        shown = CliRunner().invoke(main, ["--version"])
        assert shown.output == f"mglru-lab, version {ml.__version__}\n"
    elif place == "pyproject.toml":
        project = tomllib.loads((ROOT / place).read_text(encoding="utf-8"))
        assert project["project"]["version"] == ml.__version__
    else:
        newest = re.search(r"^## (\S+)", (ROOT / place).read_text(encoding="utf-8"), re.MULTILINE)
        assert newest
        assert newest[1] == ml.__version__
