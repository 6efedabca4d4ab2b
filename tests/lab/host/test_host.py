import errno
import shutil
import sys
from pathlib import Path

import pytest

from mglru_lab.lab.host import host_files
from mglru_lab.lab.host.host import Host
from mglru_lab.lab.host.snapshots import history
from mglru_lab.lab.host.text import HostError
from mglru_lab.paths import DATA
from tests.lab.host.made import OLD, VM, changed, lru_gen, put

SAMPLE = DATA / "host_sample"


def test_a_host_that_is_written_is_read_again_the_same(tmp_path: Path) -> None:
    host = history(SAMPLE)[0]
    host.write(tmp_path / "copy")
    again = Host.read(tmp_path / "copy")
    assert (again.texts, again.taken) == (host.texts, host.taken)
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]
    with pytest.raises(FileExistsError):
        host.write(tmp_path / "copy")


def test_memcgs_counters_are_copied_and_no_path_leads_outside(tmp_path: Path) -> None:
    text = (OLD / "1" / host_files.LRU_GEN).read_text()
    good, bad = "sys/fs/cgroup/o_k_mixed_en7/memory.stat", "sys/fs/cgroup/../secret/memory.stat"
    for path in (good, bad):
        (tmp_path / "h" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "h" / path).write_text("anon 1\n")
    changed(tmp_path / "h").write(tmp_path / "good")
    assert (tmp_path / "good" / good).read_text() == "anon 1\n"
    changed(tmp_path / "h", lru_gen=text.replace("/o_k_mixed_en7", "/../secret")).write(
        tmp_path / "bad"
    )
    assert not list((tmp_path / "bad").rglob("memory.stat"))


def test_counters_of_cgroup_v1_are_those_of_descendants_too(tmp_path: Path) -> None:
    stat = "cache 1\npgmajfault 10\ntotal_pgmajfault 30\nhierarchical_memory_limit 9\n"
    host = Host.read(put(tmp_path / "h", lru_gen=lru_gen((44, VM)), stat_v1=stat))
    assert host.memcg_counters(VM)["pgmajfault"] == 30
    host.write(tmp_path / "copy")
    assert Host.read(tmp_path / "copy").memcg_counters(VM)["pgmajfault"] == 30


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ({"release": "Linux\n"}, "'Linux\\n' does not begin like a kernel's release"),
        ({"taken": "noon"}, "'noon' is no number of seconds"),
        ({"taken": "nan"}, "'nan' is no number of seconds"),
    ],
)
def test_without_release_or_time_a_snapshot_is_none(
    tmp_path: Path, file: dict[str, str], message: str
) -> None:
    with pytest.raises(HostError) as error:
        changed(tmp_path / "h", **file)
    assert message in str(error.value)
    assert str(tmp_path / "h") in str(error.value)


def test_any_other_damage_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    host = changed(tmp_path / "h", enabled="7\n", vmstat="pgscan 1\npgscan x\n")
    assert host.generations.height > 1
    assert host.counters() == {"pgscan": 1}
    assert len(host.flaws) == 2
    assert all(flaw.startswith(f"{tmp_path / 'h'}: /") for flaw in host.flaws)
    full = (OLD / "1" / host_files.FULL).read_text()
    saved = changed(tmp_path / "f", lru_gen="memcg\n", full=full)
    assert saved.generations.height > 1
    assert "sys/kernel/debug/lru_gen: line 1" in saved.flaws[0]
    assert changed(tmp_path / "x", lru_gen="\xff\n", full="\n").generations.is_empty()


def test_what_everybody_may_read_is_told_where_root_did_not(tmp_path: Path) -> None:
    vmstat = "nr_inactive_anon 5\nnr_active_anon 6\nnr_inactive_file 7\nnr_active_file 8\n"
    host = Host.read(put(tmp_path / "a", vmstat=vmstat))
    assert host.without_root().rows() == [
        ("two youngest generations", 6, 8), ("older generations", 5, 7),
    ]  # fmt: skip
    off = Host.read(put(tmp_path / "b", vmstat=vmstat, enabled="0x0000\n"))
    assert off.without_root()["pages in"].to_list() == ["active lists", "inactive lists"]
    assert Host.read(put(tmp_path / "c")).without_root().is_empty()
    assert "On that machine: sudo cat /sys/kernel/debug/lru_gen" in host.why_no_generations()


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        (errno.EACCES, "Run: sudo /bin/mglru-lab host snapshot"),
        (errno.EPERM, "lockdown may keep it from root"),
        (0, "As root: mount -t debugfs none"),
    ],
)
def test_one_command_gives_the_rest(
    monkeypatch: pytest.MonkeyPatch, refused: int, words: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["/bin/mglru-lab", "host", "snapshot"])
    live = Host("this machine", {host_files.RELEASE: "6.8.0", host_files.ENABLED: "0x0007"}, 1.0)
    if refused:
        live.refused[host_files.LRU_GEN] = refused
    assert words in live.why_no_generations()
    monkeypatch.setattr(sys, "argv", ["/x/mglru_lab/__main__.py", "host", "snapshot"])
    if refused == errno.EACCES:
        assert f"sudo {sys.executable} -m mglru_lab host" in live.why_no_generations()


def test_a_kernel_without_mglru_has_none_to_read() -> None:
    said = Host("this machine", {host_files.RELEASE: "5.4.0"}, 1.0).why_no_generations()
    assert "there are no generations" in said
    assert "root" not in said


def test_parameters_of_kvm_tell_the_mmu(tmp_path: Path) -> None:
    assert changed(tmp_path / "c").mmu == "x86-tdp-ad"
    assert changed(tmp_path / "d", tdp_mmu="N\n").mmu == "x86-shadow"
    assert changed(tmp_path / "e", npt="0\n").mmu == "x86-shadow"
    for arch, mmu in (("aarch64", "arm64"), ("ppc64le", "ppc-radix"), ("s390x", "s390")):
        assert changed(tmp_path / arch, arch=f"{arch}\n").mmu == mmu
    shutil.rmtree(tmp_path / "c" / "sys" / "module")
    assert not Host.read(tmp_path / "c").mmu


def test_this_machine_can_be_read() -> None:
    host = Host.read(Path("/"))
    assert host.version
    assert host.generations.height or host.why_no_generations()
