import shutil
from pathlib import Path

import pytest

from mglru_lab.lab.host import snapshots as hosts
from mglru_lab.lab.host.snapshots import Host, history, over_time
from mglru_lab.lab.host.text import HostError
from mglru_lab.paths import DATA

OLD = Path(__file__).parent / "host_6.1"
SAMPLE = DATA / "host_sample"


def make(root: Path, **texts: str) -> Host:
    """A copy of the 6.1 sample with some of its files changed."""
    names = {
        "release": hosts.RELEASE,
        "enabled": hosts.ENABLED,
        "lru_gen": hosts.LRU_GEN,
        "tdp_mmu": "sys/module/kvm/parameters/tdp_mmu",
        "npt": "sys/module/kvm_amd/parameters/npt",
        "taken": "taken",
    }
    shutil.copytree(OLD / "1", root, dirs_exist_ok=True)
    for name, text in texts.items():
        (root / names[name]).write_text(text)
    return Host.read(root)


def test_snapshots_come_in_the_order_of_their_times() -> None:
    found = history(SAMPLE)
    assert [host.taken for host in found] == sorted(host.taken for host in found)
    table = over_time(found)
    assert table["seconds"].unique().sort().to_list() == [0, 10, 20, 30, 40]
    assert hosts.most_pages(table) == 2050
    assert table.filter(table["seconds"] == 10)["anon"].to_list() == [0, 258, 1792, 0]


@pytest.mark.parametrize(
    ("release", "variant", "words"),
    [
        ("6.1.0-56-cloud-amd64", "6.1", "the rules of 6.1.\n"),
        ("6.8.1", "6.1", "the rules of 6.1, the nearest that was recorded."),
        ("6.12.117", "6.12", "the rules of 6.12.\n"),
        ("6.15.0-rc1", "6.15", "the rules of 6.12, the nearest that was recorded."),
        ("7.2.0", "6.15", "the rules of 6.12, the nearest"),
    ],
)
def test_the_release_tells_rules_and_policy(
    tmp_path: Path, release: str, variant: str, words: str
) -> None:
    host = make(tmp_path / "h", release=release + "\n")
    assert host.variant == variant
    assert words in host.verdict()
    asks = "Does aging ask about a guest page? no" not in host.verdict()
    assert asks == (variant != "6.1")


def test_bits_and_modules_decide_the_verdict(tmp_path: Path) -> None:
    assert "MGLRU is off (enabled 0x0000)" in make(tmp_path / "a", enabled="0x0000\n").verdict()
    assert "Bit 0x8 is set" in make(tmp_path / "b", enabled="0x000f\n").verdict()
    assert make(tmp_path / "c").mmu == "x86-tdp-ad"
    assert make(tmp_path / "d", tdp_mmu="N\n").mmu == "x86-shadow"
    assert make(tmp_path / "e", npt="0\n").mmu == "x86-shadow"
    shutil.rmtree(tmp_path / "c" / "sys" / "module")
    assert "KVM is not loaded" in Host.read(tmp_path / "c").verdict()


def test_a_host_that_is_written_is_read_again_the_same(tmp_path: Path) -> None:
    host = history(SAMPLE)[0]
    host.write(tmp_path / "copy")
    again = Host.read(tmp_path / "copy")
    assert (again.texts, again.taken) == (host.texts, host.taken)
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def test_watching_takes_that_many_snapshots(tmp_path: Path) -> None:
    told: list[str] = []
    hosts.watch(SAMPLE / "0", tmp_path / "w", 0, 3, told.append)
    assert len(told) == len(history(tmp_path / "w")) == 3


def test_memcgs_counters_are_copied_and_no_path_leads_outside(tmp_path: Path) -> None:
    text = (OLD / "1" / hosts.LRU_GEN).read_text()
    good, bad = "sys/fs/cgroup/o_k_mixed_en7/memory.stat", "sys/fs/cgroup/../secret/memory.stat"
    for path in (good, bad):
        (tmp_path / "h" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "h" / path).write_text("anon 1\n")
    assert good in make(tmp_path / "h").texts
    host = make(tmp_path / "h", lru_gen=text.replace("/o_k_mixed_en7", "/../secret"))
    assert not any("secret" in path for path in host.texts)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"release": "Linux\n"}, "'Linux\\n' does not begin like a kernel's release"),
        ({"enabled": "7\n"}, "four digits"),
        ({"lru_gen": "memcg\n"}, "sys/kernel/debug/lru_gen: line 1"),
        ({"taken": "noon"}, "'noon' is no number of seconds"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, changed: dict[str, str], message: str) -> None:
    with pytest.raises(HostError) as error:
        make(tmp_path / "h", **changed).verdict()
    assert message in str(error.value)
    assert str(tmp_path / "h") in str(error.value)


def test_no_snapshot_and_no_such_memcg_are_told(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="no snapshot in it"):
        history(tmp_path)
    with pytest.raises(HostError, match="memcg '/x' is in no snapshot; there are /o_k_mixed_en7"):
        over_time(history(SAMPLE), "/x")


def test_what_reclaim_counted_is_the_difference_of_last_and_first(tmp_path: Path) -> None:
    stat = hosts.stat_of("/o_k_mixed_en7")
    for number, (scanned, swapped) in enumerate([(5, 1), (105, 4), (9, 9)]):
        root = tmp_path / str(number)
        for path, text in ((hosts.VMSTAT, f"pswpin {swapped}\n"), (stat, f"pgscan {scanned}\n")):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        make(root, taken=f"{number}\n")
    first, second, third = history(tmp_path)
    counted = hosts.moved([first, second], "/o_k_mixed_en7")
    assert counted.rows() == [("pswpin", 3, None), ("pgscan", None, 100)]
    assert hosts.moved(history(SAMPLE), "/o_k_mixed_en7").is_empty()
    with pytest.raises(HostError, match="pgscan went backwards"):
        hosts.moved([second, third], "/o_k_mixed_en7")
