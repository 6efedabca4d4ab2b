from pathlib import Path

import pytest
from click.testing import CliRunner

from mglru_lab.cli.main import main
from mglru_lab.lab.host import host_files
from mglru_lab.lab.host import snapshots as hosts
from mglru_lab.lab.host.host import Host
from mglru_lab.lab.host.nearest_kernel import in_words, kernel_of
from mglru_lab.lab.host.recorded import recorded_hosts
from mglru_lab.lab.host.snapshots import history
from mglru_lab.lab.host.text import HostError
from mglru_lab.lab.run.run import run
from mglru_lab.paths import DATA
from mglru_lab.policy.kernel import Kernel
from mglru_lab.recorder.tools import missing
from mglru_lab.scenario.language import Scenario

BOOTED = DATA / "host_booted"
AGED = "enabled 7\nregion 512 kvm\ntouch 0 512\nsettle\nage 1 1\ntouch 0 128\nage 1 1\ndump aged\n"
RECLAIMED = "limit -200\ntouch 0 512 2\ndump reclaimed\n"


@pytest.mark.parametrize("rules", ["6.1", "6.12"])
def test_every_file_of_a_booted_kernel_is_understood(rules: str) -> None:
    aged, reclaimed = history(BOOTED / rules)
    # The guest is an AMD, and older than damon_stat; boot_id was not copied yet.
    others = ("kvm_intel", "damon_stat", "boot_id")
    wanted = {path for path in host_files.FILES if not any(name in path for name in others)}
    for host in (aged, reclaimed):
        assert wanted <= set(host.texts)
        assert (kernel_of(host).variant, kernel_of(host).rules) == (rules, rules)
        assert (host.mmu, host.enabled, host.flaws) == ("x86-tdp-ad", 7, [])
        assert f"the rules of {rules}.\n" in in_words(host)
        assert set(host.generations["path"]) == {"/", "/o_k_host"}
        for path in ("/", "/o_k_host"):
            assert host.memcg_counters(path)["anon"] > 0
    counted = dict(
        zip(*hosts.moved([aged, reclaimed], "/o_k_host")["counter", "memcg"], strict=True)
    )
    # memory.stat may be as of a flush before the last faults
    assert 900 < counted["pgsteal"] <= counted["pgscan"]
    assert counted["pgmajfault"] > 400
    machine = dict(
        zip(*hosts.moved([aged, reclaimed], "/o_k_host")["counter", "machine"], strict=True)
    )
    assert machine["pswpout"] >= counted["pgsteal"]


@pytest.mark.parametrize("rules", ["6.1", "6.12"])
def test_what_a_snapshot_shows_of_a_booted_kernel_is_what_the_model_has(rules: str) -> None:
    text = (
        "enabled 7\nregion 2048 kvm\ntouch 0 2048\nsettle\nage 1 1\ntouch 0 512\nage 1 1\ndump d\n"
    )
    model = run(Scenario(text, "x"), Kernel(variant=rules)).snapshots["d"]
    aged = history(BOOTED / rules)[0].generations
    shown = aged.filter(aged["path"] == "/o_k_host").sort("seq")
    assert shown["seq"].to_list() == [*range(model.min_seq, model.max_seq + 1)]
    assert shown["anon"].to_list() == model.sizes


def test_damage_is_told_with_its_line(tmp_path: Path) -> None:
    raw = tmp_path / "raw.txt"
    for text, words in (
        ("#### scenario x\n", "no dump in it sent"),
        ("#### scenario x\n== host d 12\nhf /proc/vmstat 0g\n", ":3: non-hexadecimal"),
        ("#### scenario x\n== host d\n", ":2: "),
        ("#### scenario x\n== host d 12\nhf /proc/vmstat 61\n", "sent no proc/sys/kernel/osrel"),
    ):
        raw.write_text(text)
        with pytest.raises(HostError, match=words):
            list(recorded_hosts(raw))


@pytest.mark.slow
@pytest.mark.parametrize("rules", ["6.1", "6.12"])
def test_a_snapshot_of_a_kernel_booted_now(tmp_path: Path, rules: str) -> None:
    if missing():
        pytest.skip(f"not installed: {', '.join(missing())}")
    (tmp_path / "k_now.scn").write_text(AGED + RECLAIMED)
    call = CliRunner()
    words = [str(tmp_path / "k_now.scn"), "--kernel", rules, "--out", str(tmp_path / "raw.txt")]
    made = call.invoke(main, ["record", *words, "--hosts", str(tmp_path / "hosts")])
    if made.exit_code and "apt-get" in made.output:
        pytest.skip(made.output)
    assert made.exit_code == 0, made.output
    for dump in ("aged", "reclaimed"):
        root = tmp_path / "hosts" / f"k_now-{dump}"
        shown = call.invoke(main, ["host", "snapshot", "--root", str(root)])
        assert shown.exit_code == 0, shown.output
        assert f"the rules of {rules}.\n" in shown.output
        assert "| /o_k_now" in shown.output
        assert Host.read(root).counters()["pgfault"] > 0
    model = run(Scenario(AGED, "x"), Kernel(variant=rules)).snapshots["aged"]
    table = Host.read(tmp_path / "hosts" / "k_now-aged").generations
    mine = table.filter(table["path"] == "/o_k_now").sort("seq")
    assert mine["anon"].to_list() == model.sizes
    reported = call.invoke(main, ["host", "report", str(tmp_path / "hosts"), "--memcg", "/o_k_now"])
    assert reported.exit_code == 0, reported.output
    assert "| pgsteal " in reported.output
