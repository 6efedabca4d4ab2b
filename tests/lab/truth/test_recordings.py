import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mglru_lab.kernel.rules import FAMILIES
from mglru_lab.lab.truth import recordings
from mglru_lab.lab.truth.recordings import RecordingError
from mglru_lab.scenario.language import PAGE_LIMIT

RAW = """#### guest
kernel 6.12.117+deb12-cloud-amd64 #1 SMP
####
#### scenario b_small
> enabled 7
enabled: write 0, reads 0x0007
> region 16 anon
region base=0x7f pages=16 kind=anon memcg_id=2 min_seq=0 max_seq=3 memory.current=258048
> trace /trace/x.u32
> misslog 2
> replaymarks 0 16 2
stat mark1 accesses=8 memory.current=258048 vm.pgfault=9 max_seq=3 gens=0:0/0,1:0/0,2:0/0,3:8/0
stat mark2 accesses=16 memory.current=258048 max_seq=3 gens=0:0/0,1:0/0,2:0/0,3:16/0
misslog 0 16 (hex, bit i&7 of byte i>>3)
ml 05ff
== dump d
stat d accesses=16 max_seq=3 gens=0:0/0,1:0/0,2:0/0,3:16/0
map d 14x0 s .
== end d
stat after accesses=16 max_seq=3
#### end b_small

#### scenario c_killed
> enabled 0
#### oracle exit 1 in c_killed.scn
"""


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    path = tmp_path / "small.txt"
    path.write_text(RAW)
    return path


def test_raw_text_gives_back_the_scenario_that_was_run(raw: Path) -> None:
    run, killed = recordings.read_raw(raw)
    assert run.text == (
        "enabled 7\nregion 16 anon\ntrace /trace/x.u32\nmisslog 2\nreplaymarks 0 16 2\n"
        "dump d\nstat after\n"
    )
    assert (run.rules, run.finished, killed.finished) == ("6.12", True, False)


def test_what_the_kernel_made_of_enabled_is_what_was_run(raw: Path) -> None:
    raw.write_text(RAW.replace("reads 0x0007", "reads 0x0003"))
    assert next(recordings.read_raw(raw)).text.startswith("enabled 3\nregion 16 anon\n")


def test_raw_text_gives_counters_sizes_maps_and_misses(raw: Path) -> None:
    run, _ = recordings.read_raw(raw)
    assert run.stats["mark1"]["vm.pgfault"] == 9
    assert run.gens["mark1"] == {0: 0, 1: 0, 2: 0, 3: 8}
    assert recordings.expand_map(run.maps["d", 0]) == "0" * 14 + "s."
    missed = run.missed()
    assert missed is not None
    assert missed.tolist() == [1, 0, 1, 0, 0, 0, 0, 0] + [1] * 8


def test_tables_hold_what_the_raw_text_does(raw: Path, tmp_path: Path) -> None:
    assert recordings.convert([raw], tmp_path / "tables") == 2
    assert recordings.load(tmp_path / "tables") == list(recordings.read_raw(raw))
    runs = pl.read_parquet(tmp_path / "tables" / "runs.parquet")
    assert set(runs["raw_sha256"]) == {hashlib.sha256(raw.read_bytes()).hexdigest()}


def test_recordings_are_added_to_those_that_are_there(raw: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text(RAW.replace("b_small", "b_other"))
    tables = tmp_path / "tables"
    recordings.convert([raw], tables)
    assert recordings.convert([other], tables, add=True) == 2
    both = {(r.file, r.scenario): r for r in recordings.load(tables)}
    assert both["small", "b_small"] == next(recordings.read_raw(raw))
    assert both["other", "b_other"] == next(recordings.read_raw(other))
    recordings.convert([other], tables, add=True)  # once more: nothing is there twice
    assert len(recordings.load(tables)) == len(both)


WALKS = """-- lru_gen_full, lines that are not all zero
                             3293T       2049Y         11F          5A
"""


def test_what_walks_visited_is_kept_with_the_dump(tmp_path: Path) -> None:
    raw = tmp_path / "small.txt"
    raw.write_text(RAW.replace("== dump d\n", "== dump d\n" + WALKS))
    run = next(recordings.read_raw(raw))
    assert (run.stats["d"]["ptes_walked"], run.stats["d"]["tables_walked"]) == (3293, 11)
    assert "ptes_walked" not in run.stats["after"]
    six_columns = "9141L       4134O       2049Y         30N         29F          5A"
    raw.write_text(RAW.replace("== dump d\n", f"== dump d\n      {six_columns}\n"))
    run = next(recordings.read_raw(raw))
    assert (run.stats["d"]["ptes_walked"], run.stats["d"]["tables_walked"]) == (9141, 29)


def test_what_a_trace_saw_comes_back_from_the_tables(raw: Path, tmp_path: Path) -> None:
    raw.write_text(RAW.replace("ml 05ff\n", "ml 05ff\nwalks 101\nslab 66:2:2 76:1:4\n"))
    recordings.convert([raw], tmp_path)
    run, killed = recordings.load(tmp_path)
    assert run.seen_walks == (True, False, True)
    assert run.freed_slab == ((66, 2, 2), (76, 1, 4))
    assert killed.seen_walks == killed.freed_slab == ()


def test_a_trace_of_a_run_without_agings_tells_nothing(raw: Path) -> None:
    raw.write_text(RAW.replace("ml 05ff\n", "ml 05ff\nwalks \nslab\n"))
    run = next(recordings.read_raw(raw))
    assert run.seen_walks == run.freed_slab == ()


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        (("max_seq=3 gens=0:0/0,1:0/0,2:0/0,3:8/0", "gens=0:0"), ":12:"),
        (("ml 05ff", "ml 05fg"), ":15:"),
        (("ml 05ff", "walks 102"), ":15:"),
        (("ml 05ff", "slab 66:2"), ":15:"),
        (("map d 14x0 s .", "map d"), ":18:"),
        (("#### guest", "something else"), "does not begin with"),
    ],
)
def test_damaged_text_is_refused_with_its_place(
    raw: Path, tmp_path: Path, damage: tuple[str, str], place: str
) -> None:
    raw.write_text(RAW.replace(*damage))
    with pytest.raises(RecordingError, match=place):
        recordings.convert([raw], tmp_path / "tables")
    assert not (tmp_path / "tables").exists()


@given(st.text(alphabet="0123s.A", min_size=1, max_size=60))
def test_a_map_survives_contraction(letters: str) -> None:
    assert recordings.expand_map(recordings.contract_map(letters)) == letters


def test_a_map_is_contracted_as_the_recorder_does() -> None:
    assert recordings.contract_map("0" * 14 + "sss." + "1111") == "14x0 s s s . 4x1"


def test_shipped_recordings_are_whole(recorded: list[recordings.Recording]) -> None:
    assert len(recorded) == 1398
    assert {run.rules for run in recorded} == set(FAMILIES)
    exact = next(run for run in recorded if run.scenario == "c_zipf08_20_en7_f0y1_r1")
    missed = exact.missed()
    assert missed is not None
    assert int(np.sum(missed)) == exact.stats["mark16"]["misslog_misses"]


FUZZ = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@given(data=st.data())
@FUZZ
def test_any_raw_text_is_recordings_or_an_error_with_its_file(
    raw: Path, data: st.DataObject
) -> None:
    whole = bytearray(RAW.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole)))
        scrap = st.sampled_from([b"1152921504606846976x0", b"=", b"nan", b"-1", b"9" * 30, b"\n"])
        whole[at : at + data.draw(st.integers(0, 9))] = data.draw(scrap | st.binary(max_size=3))
    raw.write_bytes(bytes(whole))
    told = ""
    found, maps = [], []
    try:
        found = list(recordings.read_raw(raw))
        maps = [recordings.expand_map(runs) for run in found for runs in run.maps.values()]
    except RecordingError as error:
        told = str(error)
    assert not told or str(raw) in told or "a page map" in told
    assert len(found) <= 3
    assert sum(map(len, maps)) <= PAGE_LIMIT


@pytest.mark.parametrize("runs", ["1152921504606846976x2", "4x", "x2", "2xab", "-3x2", "1x\x00"])
def test_a_map_that_no_recorder_writes_is_refused_without_memory_for_it(runs: str) -> None:
    with pytest.raises(RecordingError, match="a page map"):
        recordings.expand_map(f"3x0 {runs}")


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("runs", lambda table: b"PAR1PAR1", "no table of recordings"),
        ("stats", lambda table: b"", "no table of recordings"),
        ("runs", lambda table: table.drop("text"), "no table of recordings"),
        ("stats", lambda table: table.with_columns(value=pl.lit("x")), "no table of recordings"),
        ("stats", lambda table: table.with_columns(value=None), "a value is missing"),
        ("maps", lambda table: table.with_columns(scenario=pl.lit("../../x")), "no such run"),
        ("stats", lambda table: table.with_columns(counter=pl.lit("gen:x")), "invalid literal"),
    ],
)
def test_tables_of_another_kind_are_refused(
    raw: Path, tmp_path: Path, name: str, change: Any, message: str
) -> None:
    recordings.convert([raw], tmp_path / "tables")
    path = tmp_path / "tables" / f"{name}.parquet"
    changed = change(pl.read_parquet(path))
    if isinstance(changed, bytes):
        path.write_bytes(changed)
    else:
        changed.write_parquet(path)
    with pytest.raises(RecordingError, match=message) as told:
        recordings.load(tmp_path / "tables")
    assert str(tmp_path / "tables") in str(told.value)
