"""A sweep is finished by whoever goes on with it, and its cells are what runs of their own give."""

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from threading import Thread, Timer

import numpy as np
import polars as pl
import pytest

import mglru_lab as ml
from mglru_lab.lab.sweep import folder as sweep_folder
from mglru_lab.lab.sweep import sweep as sweeps
from mglru_lab.lab.sweep.cell import Cell, evaluate, kernel_of
from mglru_lab.lab.sweep.claims import Claims
from mglru_lab.lab.sweep.folder import SweepError
from mglru_lab.lab.sweep.grid import Grid
from mglru_lab.lab.sweep.workers import NoExecutor, cluster
from mglru_lab.progress import bar
from mglru_lab.scenario.workloads import workload
from tests.lab.sweep.clients import Cluster, Counting, alive, client, contents, real_cluster

SMALL = {"pages": 256, "length": 256, "workload": ["mix", "phases"], "kernel": ["existing", "6.12"]}
"""A few milliseconds a cell."""
GRID = {"pages": 256, "length": 60_000, "kernel": ["existing", "6.12"], "seed": range(50)}
"""Some five milliseconds a cell, so that most of the time one is under way."""
SLOW = 0.04
"""Seconds that a cell takes longer where a cluster is to be disturbed twenty times."""


class Here(Executor):
    """Runs cells in this process; counts them."""

    def __init__(self) -> None:
        self.ran: list[Cell] = []

    def submit(self, function, /, cell: Cell) -> "Future[bytes]":  # type: ignore[no-untyped-def, override]
        future: Future[bytes] = Future()
        self.ran.append(cell)
        try:
            future.set_result(function(cell))
        except Exception as error:
            future.set_exception(error)
        return future


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What GRID leaves when nothing happens, on two processes of our own."""
    folder = tmp_path_factory.mktemp("undisturbed")
    ml.sweep(GRID, out=folder, workers=2)
    found = contents(folder)
    assert len(found) == 100
    return found


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with real_cluster(tmp_path_factory.mktemp("cluster")) as began:
        yield began


def test_a_row_is_what_a_run_of_its_own_gives(tmp_path: Path) -> None:
    sizes = {"pages": 256, "length": 2048, "memory": 0.3, "seed": 5}
    found = ml.sweep({**SMALL, **sizes}, Here(), out=tmp_path / "out")
    row = found.frame.filter(workload="phases", kernel="6.12").collect().row(0, named=True)
    scenario = workload("phases", 256, 2048, 5).scenario(tmp_path, 0.3)
    run = ml.run(scenario, ml.Kernel.parse("6.12~6.15"))
    assert {name: row[name] for name in run.end} == run.end
    assert row["pgmajfault"] > 0
    assert row["error"] is None
    costs = ml.Costs(swap="nvme")
    priced = found.priced(costs).filter(workload="phases", kernel="6.12").collect()
    assert priced["ms"][0] == pytest.approx(costs.total(run) / 1e6)


def test_what_is_there_is_not_computed_again_and_what_is_new_is(tmp_path: Path) -> None:
    first, second = Here(), Here()
    ml.sweep({**SMALL, "seed": [1, 2]}, first, out=tmp_path)
    before = contents(tmp_path)
    found = ml.sweep({**SMALL, "seed": [1, 2, 3]}, second, out=tmp_path)
    assert len(first.ran) == 8
    assert {dict(cell.values)["seed"] for cell in second.ran} == {3}
    assert {name: contents(tmp_path)[name] for name in before} == before
    assert found.frame.collect().height == ml.Sweep.read(tmp_path).collect().height == 12
    keys = ml.Sweep.read(tmp_path).collect()["key"]
    assert keys.to_list() == sorted(path.stem for path in tmp_path.glob("*.parquet"))


def test_a_cell_that_fails_is_a_row_with_its_error(tmp_path: Path) -> None:
    (tmp_path / "x.scn").write_text("region $pages anon\nlimit 4\ntouch 0 40\nstat end\n")
    file = tmp_path / "sweep.toml"
    file.write_text('scenario = "x.scn"\npages = [20, 40, 60]\nkernel = "6.12"\n')
    for _ in range(2):
        here = Here()
        found = ml.sweep(file, here, out=tmp_path / "out")
    assert here.ran == []
    assert found.failed.rows(named=True) == [
        {
            "kernel": "6.12", "rules": "6.12", "kvm": "6.15", "mmu": "x86-tdp-ad", "enabled": "y",
            "scenario": "x.scn", "pages": 20,
            "error": "ScenarioError: x.scn:3: touch: B: page 39 is outside 0 to 19",
        }
    ]  # fmt: skip
    assert found.frame.filter(pl.col("pgmajfault").is_not_null()).collect().height == 2


def test_a_trace_is_read_by_the_worker_and_must_be_the_planned_one(tmp_path: Path) -> None:
    trace = tmp_path / "t.u32"
    np.random.default_rng(1).integers(0, 3000, 100_000, np.uint32).tofile(trace)
    grid = Grid.of({"workload": str(trace), "seed": [1, 2], "memory": [0.5, 0.9]})
    assert len(grid.cells) == 2, "a file has no seed"
    assert all(len(repr(cell)) < 1500 for cell in grid.cells)
    rows = ml.sweep(grid, Here(), out=tmp_path / "out").frame.sort("memory").collect()
    assert rows["workload"].to_list() == ["t.u32", "t.u32"]
    assert rows["pgmajfault"][0] > rows["pgmajfault"][1] > 0
    trace.write_bytes(trace.read_bytes()[4:])
    planned = Grid.of({"workload": str(trace), "kernel": "existing"})
    assert len(planned.cells) == 1
    trace.write_bytes(trace.read_bytes()[4:])
    with pytest.raises(SweepError, match=r"1 cells could not .*t\.u32 is not the file"):
        ml.sweep(planned, Here(), out=tmp_path / "out")


def test_a_file_that_a_power_cut_left_empty_is_made_again(tmp_path: Path) -> None:
    ml.sweep(SMALL, Here(), out=tmp_path)
    before = contents(tmp_path)
    next(tmp_path.glob("*.parquet")).write_bytes(b"")
    here = Here()
    ml.sweep(SMALL, here, out=tmp_path)
    assert (len(here.ran), contents(tmp_path)) == (1, before)


class Deadly:
    """Workers that are four cells behind, and die of one of them, with all that they have."""

    lanes, ahead = 1, 4

    def __init__(self, deadly: str) -> None:
        self.deadly, self.began = deadly, 1
        self.under_way: list[tuple[Future[bytes], Cell]] = []

    def submit(self, cell: Cell, lane: int) -> "Future[bytes]":
        future: Future[bytes] = Future()
        self.under_way.append((future, cell))
        Timer(0.01, self.settle).start()
        return future

    def settle(self) -> None:
        batch, self.under_way = self.under_way, []
        dies = any(cell.key == self.deadly for _, cell in batch)
        for future, cell in batch:
            if dies:
                future.set_exception(BrokenProcessPool())
            else:
                future.set_result(evaluate(cell))

    def renew(self) -> bool:
        self.began += 1
        return True


def test_a_cell_that_kills_its_workers_is_given_up_and_the_others_are_not(tmp_path: Path) -> None:
    cells = Grid.of({**SMALL, "seed": [1, 2, 3]}).cells
    deadly = Deadly(cells[5].key)
    with Claims(tmp_path) as claims:
        one = sweeps._Client(tmp_path, claims, deadly, bar(12, 0, "cell"))  # type: ignore[arg-type]
        with pytest.raises(SweepError, match=r"1 cells could not.*3 workers died of it"):
            one.run(cells)
    assert deadly.began >= 1 + 3, "it took three with it, each time alone"
    there = {cell.key for cell in cells} - {cells[5].key}
    assert {path.stem for path in tmp_path.glob("*.parquet")} == there


class Two:
    """Two lanes, one much slower; the quick one is found dead when its fifth cell is given."""

    lanes, ahead = 2, 2

    def __init__(self) -> None:
        self.given: list[list[Cell]] = [[], []]
        self.renewed = 0

    def submit(self, cell: Cell, lane: int) -> "Future[bytes]":
        if not self.renewed and len(self.given[1]) == 4 and lane == 1:
            raise BrokenProcessPool
        self.given[lane].append(cell)
        future: Future[bytes] = Future()
        seconds = 0.002 if lane else 0.05
        Timer(seconds, lambda: future.set_result(evaluate(cell))).start()
        return future

    def renew(self) -> bool:
        self.renewed += 1
        return True


def test_a_trace_stays_in_its_lane_and_a_dead_lane_is_renewed(tmp_path: Path) -> None:
    grid = {"kernel": ["existing", "6.12", "v3"], "pages": 64, "length": 256, "seed": range(6)}
    cells, two = Grid.of(grid).cells, Two()
    with Claims(tmp_path) as claims:
        sweeps._Client(tmp_path, claims, two, bar(18, 0, "cell")).run(cells)  # type: ignore[arg-type]
    assert two.renewed == 1
    assert {path.stem for path in tmp_path.glob("*.parquet")} == {cell.key for cell in cells}
    slow, quick = ({cell.accesses for cell in given} for given in two.given)
    assert len(slow & quick) <= 2, "the one of the cell that was lost, and the last one"
    assert len(two.given[0]) < len(two.given[1])


def test_a_sweep_that_ends_early_takes_back_what_it_gave_to_somebody_elses_executor(
    tmp_path: Path,
) -> None:
    class Later(Executor):
        def __init__(self) -> None:
            self.given: list[Future[bytes]] = []

        def submit(self, function, /, cell):  # type: ignore[no-untyped-def]
            future: Future[bytes] = Future()
            self.given.append(future)
            if len(self.given) == 3:  # its scheduler is gone
                future.cancel()
                future.set_running_or_notify_cancel()
            return future

    later = Later()
    with pytest.raises(SweepError, match="gave up its cells"):
        ml.sweep(SMALL, later, out=tmp_path)
    assert len(later.given) == 4
    assert all(future.cancelled() for future in later.given)


def test_an_executor_whose_workers_are_gone_ends_the_sweep(tmp_path: Path) -> None:
    class Gone(Here):
        def submit(self, function, /, cell):  # type: ignore[no-untyped-def]
            raise BrokenProcessPool

    with pytest.raises(SweepError, match="the executor's workers are gone"):
        ml.sweep(SMALL, Gone(), out=tmp_path)


def test_a_worker_killed_in_the_middle_of_a_cell(
    tmp_path: Path, undisturbed: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system kills one of our own processes while cells are under way."""
    killed: list[int] = []

    def kill_one() -> None:
        while len(list(tmp_path.glob("*.parquet"))) < 10:
            time.sleep(0.005)
        worker = multiprocessing.active_children()[0]
        worker.kill()
        killed.append(worker.pid or 0)

    killer = Thread(target=kill_one)
    killer.start()
    ml.sweep(GRID, out=tmp_path, workers=2)
    killer.join()
    assert killed
    assert contents(tmp_path) == undisturbed


def _cli(grid: str, tmp_path: Path, *options: str) -> subprocess.Popen[bytes]:
    """The command in a process group of its own, as a terminal starts it."""
    file = tmp_path / "sweep.toml"
    file.write_text(grid)
    words = ["sweep", str(file), "--out", str(tmp_path / "out"), *options]
    return subprocess.Popen(
        [sys.executable, "-m", "mglru_lab", *words],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        preexec_fn=_hear_ctrl_c,
    )  # fmt: skip


def _hear_ctrl_c() -> None:
    """A terminal's programs do; what a shell runs in the background ignores it, tests included."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


TOML = 'pages = 256\nlength = 60000\nkernel = ["existing", "6.12"]\nseed = {from = 0, to = 999}\n'
"""So many that a busy machine does not finish them before it is told to stop."""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_ctrl_c_or_a_kill_leaves_no_half_file_and_no_orphan(tmp_path: Path, sent: int) -> None:
    began = _cli(TOML, tmp_path, "--workers", "2")
    out = tmp_path / "out"
    patience = time.monotonic() + 90
    while not out.is_dir() or len(list(out.glob("*.parquet"))) < 5:
        assert time.monotonic() < patience
        time.sleep(0.01)
    if sent == signal.SIGINT:
        os.killpg(began.pid, sent)  # as a terminal does: to the client and its workers
        told = began.communicate(timeout=60)[0].decode()
        assert began.returncode == 130, told
        assert "of 2000 cells are kept; the same command continues" in told
        assert "Traceback" not in told
        assert "leaked" not in told
    else:
        began.kill()
        began.wait()
    patience = time.monotonic() + 10
    while alive(began.pid):
        assert time.monotonic() < patience, "a worker is still there"
        time.sleep(0.02)
    assert 5 <= len(list(out.glob("*.parquet"))) < 2000
    if sent == signal.SIGINT:
        assert list(out.glob(".*partial")) == []
    assert all(sweep_folder.is_there(out, path.stem) for path in out.glob("*.parquet"))


def test_two_clients_on_one_folder_share_the_cells(
    tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    log = tmp_path / "log"
    clients = [client(GRID, tmp_path / "out", log) for _ in range(2)]
    for process in clients:
        process.join(120)
    assert [process.exitcode for process in clients] == [0, 0]
    assert contents(tmp_path / "out") == undisturbed
    begun = Counter(log.read_text().split())
    assert max(begun.values()) == 1, "nothing is computed twice"


def test_the_other_clients_cells_are_taken_over_when_it_dies(tmp_path: Path) -> None:
    with Claims(tmp_path) as ours:
        cell = Grid.of(SMALL).cells[0]
        assert ours.take(cell.key)
        began = client(SMALL, tmp_path, tmp_path.parent / "log")
        while len(list(tmp_path.glob("*.parquet"))) < 3:
            time.sleep(0.02)
        time.sleep(0.3)
        assert began.is_alive(), "it waits for the one that is ours"
    began.join(90)
    assert began.exitcode == 0
    assert len(list(tmp_path.glob("*.parquet"))) == 4


def test_a_full_disk_ends_the_sweep_and_room_lets_it_go_on(
    tmp_path: Path, undisturbed: dict[str, bytes]
) -> None:
    room = sum(len(data) for data in undisturbed.values()) // 3 // 4096 * 4096
    if os.geteuid() != 0:
        pytest.skip("only root mounts a small file system")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={room}", "tmpfs", str(tmp_path)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no small file system here: {done.stderr.strip()}")
    try:
        with pytest.raises(SweepError, match="No space left on device; what is finished is kept"):
            ml.sweep(GRID, Here(), out=tmp_path)
        kept = contents(tmp_path)
        assert 10 < len(kept) < 100
        assert kept.items() <= undisturbed.items()
        subprocess.run([*mount[:4], f"remount,size={10 * room}", *mount[5:]], check=True)
        ml.sweep(GRID, Here(), out=tmp_path)
        assert contents(tmp_path) == undisturbed
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_the_client_killed_twenty_times(
    tmp_path: Path, undisturbed: dict[str, bytes], dask: Cluster
) -> None:
    moments = random.Random(7)
    log, out = tmp_path / "log", tmp_path / "out"
    killed = 0

    def kept() -> list[Path]:
        return list(out.glob("*.parquet"))

    for _ in range(20):
        more = len(kept()) + moments.randrange(5)
        patience = time.monotonic() + 90
        began = client(GRID, out, log, dask.address, SLOW)
        while len(kept()) < more and began.is_alive():
            assert time.monotonic() < patience
            time.sleep(0.002)
        time.sleep(moments.uniform(0, 0.05))
        killed += began.is_alive()
        began.kill()
        began.join()
        assert all(sweep_folder.is_there(out, path.stem) for path in kept())
    assert killed >= 15
    before = len(kept())
    assert before >= 20
    with cluster(dask.address) as executor:
        ml.sweep(GRID, Counting(executor, log, SLOW), out=out)
    for left in out.glob(".*.partial"):  # of a client killed while it wrote
        left.unlink()
    assert contents(out) == undisturbed
    total = len(log.read_text().split())
    print(f"killed {killed} times; {before} of 100 cells were kept; {total} were begun in all")
    assert total <= 100 + 20 * 4, "each time a few under way are lost, and no more"


def test_a_dask_worker_killed_in_the_middle_of_a_cell(
    tmp_path: Path, undisturbed: dict[str, bytes], dask: Cluster
) -> None:
    def kill_one() -> None:
        while len(list(tmp_path.glob("*.parquet"))) < 20:
            time.sleep(0.005)
        dask.workers[0].kill()
        dask.worker()

    killer = Thread(target=kill_one)
    killer.start()
    ml.sweep(GRID, dask.address, out=tmp_path)
    killer.join()
    assert dask.workers[0].wait() == -signal.SIGKILL
    assert contents(tmp_path) == undisturbed


def test_a_scheduler_killed(tmp_path: Path, undisturbed: dict[str, bytes], dask: Cluster) -> None:
    """The last one with it: begun anew, the sweep goes on."""
    out = tmp_path / "out"

    def kill_it() -> None:
        while len(list(out.glob("*.parquet"))) < 20:
            time.sleep(0.005)
        dask.scheduler.kill()

    killer = Thread(target=kill_it)
    killer.start()
    with pytest.raises(SweepError, match="is its scheduler gone"):
        ml.sweep(GRID, dask.address, out=out)
    killer.join()
    assert 20 <= len(contents(out)) < 100
    assert contents(out).items() <= undisturbed.items()
    with pytest.raises(NoExecutor, match="no Dask scheduler at"), cluster(dask.address, timeout=1):
        pass
    ml.sweep(GRID, Here(), out=out)
    assert contents(out) == undisturbed


def test_a_script_without_a_guard_is_told_so_in_one_sentence(tmp_path: Path) -> None:
    """Each worker would run it again."""
    call = f"ml.sweep({SMALL}, out={str(tmp_path / 'out')!r}, workers=2)\n"
    script = tmp_path / "plain.py"
    script.write_text(f"import mglru_lab as ml\n{call}")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert done.returncode == 1
    assert "calls a sweep outside `if __name__ ==" in done.stderr.splitlines()[-1]
    assert done.stderr.count("Traceback") == 1
    guarded = tmp_path / "guarded.py"
    guarded.write_text(f'import mglru_lab as ml\nif __name__ == "__main__":\n    {call}')
    done = subprocess.run([sys.executable, guarded], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_policies_are_swept_on_one_kvm_and_rules_or_each_on_its_own(tmp_path: Path) -> None:
    one = Grid.of({"kernel": ["6.1", "existing"], "workload": "mix"})
    assert [kernel_of(dict(c.values)).name for c in one.cells] == [
        "6.1@6.12~6.15", "existing~6.15"
    ]  # fmt: skip
    own = Grid.of({"kernel": ["6.1", "existing"], "rules": "own", "kvm": "own"})
    assert [kernel_of(dict(c.values)).name for c in own.cells] == ["6.1", "existing"]
    with pytest.raises(ValueError, match=r"kvm '6\.14' is unknown"):
        Grid.of({"kvm": "6.14"})
