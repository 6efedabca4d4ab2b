import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

import mglru_lab as ml
from mglru_lab.kernel import jit
from mglru_lab.kernel.replay import GUEST_BIT, READ_BIT
from mglru_lab.lab.run.commands import play
from mglru_lab.lab.run.machine import Machine
from mglru_lab.scenario.generators import hotscan, mixed, zipf

ROOT = Path(__file__).parents[2]

REPLAY = "limit 300\ntrace words.u32\nmisslog 1\nreplaymarks 0 1600 2\ndump end\n"
SCENARIOS = {
    "a process under pressure": "region 700 anon\n" + REPLAY,
    "no walks": "enabled 1\nregion 700 anon\n" + REPLAY,
    "no context switches": "fifo 1\nyield 300\nregion 700 anon\n" + REPLAY,
    "a guest under pressure": "region 700 kvm\n" + REPLAY,
    "mixed memory": "region 700 anon\nregion 700 kvm\n" + REPLAY.replace("words", "mixed"),
    "debugfs": "region 600 kvm\ntouch 0 600\nsettle\ndump a\nage\ntouch 0 300 3\nutouch 0 90\nage\n"
    "dump b\nage\nage\nevict old\ntouch 100 200\nage 1 0\nevict all 200 100\nage\ndump c\n",
}
KERNELS = {
    "6.1": ml.Kernel(variant="6.1"),
    "6.12": ml.Kernel(variant="6.12"),
    "6.1 on 6.12": ml.Kernel(variant="6.1", rules="6.12"),
    "v2 with a nested guest": ml.Kernel(variant="v2", mmu="x86-tdp-nested"),
    "v5 with a nested guest": ml.Kernel(variant="v5", mmu="x86-tdp-nested"),
    "v4": ml.Kernel(variant="v4", kconfig=True, mmu="arm64"),
    "a policy of one's own": ml.Kernel(
        variant=ml.OwnPolicy("mine", lambda pages, at: pages.distance > 0, lambda pages, at: False)
    ),
}


def write_traces(folder: Path) -> None:
    words = zipf(700, 1600, 1, 0.8) | (hotscan(2, 1600, 2, 1) << READ_BIT)
    words.astype("<u4").tofile(folder / "words.u32")
    both = mixed(zipf(700, 1600, 3, 1.0), zipf(700, 1600, 4, 0.6), 400, 5, 1600)
    assert (both >> GUEST_BIT).any()
    both.astype("<u4").tofile(folder / "mixed.u32")


def outcome(text: str, kernel: ml.Kernel, traces: Path) -> dict[str, Any]:
    """All that a run says, and a checksum of the state that it leaves."""
    run = ml.run(ml.Scenario(text), kernel, traces=[traces])
    machine = Machine(ml.Scenario(text), kernel, [traces])
    play(machine)
    v = machine.v
    arrays = [v.pte, v.flags, v.folio, v.table.bloom]
    arrays += [v.table.pmd_young, *(v.lru[name] for name in v.lru.dtype.names)]
    return {
        "snapshots": {
            label: [s.counters, s.sizes, s.lru_gen, [m.tobytes().decode() for m in s.maps]]
            for label, s in run.snapshots.items()
        },
        "misses": None if run.misses is None else run.misses.tolist(),
        "events": run.events.rows(),
        "state": hashlib.sha256(b"".join(np.asarray(a).tobytes() for a in arrays)).hexdigest(),
    }


def outcomes() -> str:
    """Every scenario on every kernel, as JSON; warnings of the model are errors."""
    warnings.filterwarnings("error", module="mglru_lab")
    with tempfile.TemporaryDirectory() as folder:
        write_traces(Path(folder))
        return json.dumps(
            {
                f"{name}, {kernel}": outcome(text, KERNELS[kernel], Path(folder))
                for name, text in SCENARIOS.items()
                for kernel in KERNELS
            }
        )


@pytest.mark.slow
def test_compiled_and_plain_python_do_the_same() -> None:
    program = (
        "import numba, tests.kernel.test_jit as t; from mglru_lab.kernel.replay import replay;"
        "assert numba.config.DISABLE_JIT and not hasattr(replay, 'py_func'); print(t.outcomes())"
    )
    plain = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    with warnings.catch_warnings():
        compiled, uncompiled = json.loads(outcomes()), json.loads(plain.stdout)
    assert compiled.keys() == uncompiled.keys()
    for name, result in compiled.items():
        assert result == uncompiled[name], name


def test_the_scenarios_compared_reach_every_event() -> None:
    with warnings.catch_warnings():
        results = json.loads(outcomes())
    happened = {
        (event, where)
        for result in results.values()
        for event, where, _lock, count in result["events"]
        if count
    }
    every = {(event, where) for result in results.values() for event, where, *_ in result["events"]}
    assert happened == every
    assert {where for event, where in every if event == "secondary MMU asked"} == {
        "aging", "eviction", "look-around",
    }  # fmt: skip


def test_editing_a_kernel_source_changes_the_cache_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for room in ("kernel", "policy"):
        original_room = Path(jit.__file__).parents[1] / room
        shutil.copytree(
            original_room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__")
        )
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    original = jit._cache_directory()
    monkeypatch.setattr(jit, "__file__", str(tmp_path / "kernel" / "jit.py"))
    assert jit._cache_directory() == original
    seen = {original}
    sources = sorted(tmp_path.rglob("*.py"))
    for source in sources:
        source.write_text(source.read_text() + "# another line\n")
        seen.add(jit._cache_directory())
    assert len(seen) == 1 + len(sources)
    assert {path.parent for path in seen} == {tmp_path / "mglru_lab"}


def test_it_is_compiled_once_machine_code_is_on_disk_or_if_none_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 0)
    assert not jit.is_compiled()
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 1)
    assert jit.is_compiled()
    monkeypatch.setattr(numba.config, "DISABLE_JIT", 0)
    (tmp_path / "cache" / "kernel").mkdir(parents=True)
    assert not jit.is_compiled()
    (tmp_path / "cache" / "kernel" / "replay.nbi").touch()
    assert jit.is_compiled()


def test_users_of_numba_may_choose_another_cache_directory(tmp_path: Path) -> None:
    program = "import numba, mglru_lab.kernel.jit; print(numba.config.CACHE_DIR)"
    environment = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    environment |= {"PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def directory(**more: str) -> Path:
        out = subprocess.check_output([sys.executable, "-c", program], env=environment | more)
        return Path(out.decode().strip())

    assert directory(NUMBA_CACHE_DIR=str(tmp_path)) == tmp_path
    assert directory().parent == tmp_path / "cache" / "mglru_lab"


def test_all_literals_of_a_type_are_compiled_as_one() -> None:
    @jit.entry
    def following(number: int) -> int:
        return number + 1

    both = numba.njit(lambda: following(1) + following(5))
    assert both() == 8
    assert list(following.overloads) == [(numba.int64,)]  # type: ignore[attr-defined]
