import csv
import io
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import mglru_lab as ml
from mglru_lab.cli.main import main


def call(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_decide_as_csv_is_the_decision_table() -> None:
    shown = list(csv.DictReader(io.StringIO(call("decide", "--csv").output)))
    table = ml.decision_table()
    assert len(shown) == table.height
    assert list(shown[0]) == table.columns
    assert [tuple(row.values()) for row in shown] == [
        tuple(map(str, row)) for row in table.iter_rows()
    ]


def test_decide_leaves_the_chosen_rows() -> None:
    words = ("decide", "--csv", "--variant", "v4", "--reading", "code", "--kconfig",
             "--enabled", "0xb", "--mmu", "arm64")  # fmt: skip
    (row,) = csv.DictReader(io.StringIO(call(*words).output))
    assert (row["aging_harvests"], row["aging_lock"], row["bit_0x8"]) == ("yes", "read", "1")
    off = (*words[:8], "0x3", *words[9:])
    (row,) = csv.DictReader(io.StringIO(call(*off).output))
    assert (row["aging_harvests"], row["aging_lock"], row["bit_0x8"]) == ("no", "-", "0")


def test_names_may_be_repeated_or_joined_by_commas_and_kconfig_takes_a_value() -> None:
    one = call("decide", "--csv", "--variant", "v4,v5", "--mmu", "arm64", "--kconfig", "y")
    other = call("decide", "--csv", "--variant", "v4", "--variant", "v5", "--kconfig", "--mmu",
                 "arm64")  # fmt: skip
    assert one.output == other.output
    rows = list(csv.DictReader(io.StringIO(one.output)))
    assert {row["variant"] for row in rows} == {"v4", "v5"}
    assert {row["kconfig"] for row in rows} == {"1"}


def test_decide_says_one_case_in_a_sentence() -> None:
    said = " ".join(call("decide", "--variant", "v5", "--mmu", "x86-tdp-nested").output.split())
    assert "no: v5 reports FAST_FAILED once the VM has rmaps" in said
    both = call("decide", "--variant", "v4", "--mmu", "x86-tdp-ad", "--kconfig").output
    both = " ".join(both.split())
    assert "in the mail's words" in both
    assert "as coded" in both
    assert "No kernel was ever released with the policy of v4" in both
    assert "No kernel" not in call("decide", "--variant", "7.3", "--mmu", "s390").output


def test_decide_without_options_is_a_table_to_project() -> None:
    shown = call("decide").output
    assert "| v6       | yes/none" in shown
    assert "These change with the Kconfig off" in shown


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--enabled", "on"), "EINVAL"),
        (("--variant", "v9"), "variant 'v9' is unknown"),
        (("--variant", "v4,v9"), "variant 'v9' is unknown"),
        (("--mmu", "arm"), "mmu 'arm' is unknown; did you mean arm64?"),
        (("--kconfig", "maybe"), "'maybe': allowed are y and n"),
        (("--variant", "v5", "--reading", "mail"), "none of these variants has the reading mail"),
    ],
)
def test_decide_refuses_wrong_values(words: tuple[str, ...], message: str) -> None:
    result = call("decide", *words)
    assert result.exit_code in (1, 2)
    assert message in result.output


def test_selftest_shows_verdicts_reasons_and_what_can_be_known() -> None:
    shown = call("selftest", "--variant", "v5", "--kconfig", "n").output
    assert "| v5     | 0       | 1       | PASS       | SKIP" in shown
    assert "cannot know" in shown
    assert "found the pages still in the old generation" in " ".join(shown.split())


def test_what_can_be_known_is_of_all_hosts_whichever_are_shown() -> None:
    some = call("selftest", "--variant", "proposed", "--kconfig", "n", "--mmu", "x86-tdp-ad").output
    said = " ".join(some.split())
    assert "aging works on x86-tdp-ad, x86-tdp-noad; a test is fooled on x86-tdp-nested" in said
    assert "| arm64" not in some.splitlines()[0]


def test_selftest_as_csv() -> None:
    words = ("selftest", "--variant", "6.12", "--mmu", "arm64", "--kconfig", "n", "--csv")
    rows = list(csv.DictReader(io.StringIO(call(*words).output)))
    assert [row["verdict"] for row in rows] == ["PASS", "PASS"]
    assert {row["test"] for row in rows} == {"mainline"}


def test_selftest_refuses_a_wrong_share() -> None:
    result = call("selftest", "--variant", "6.12", "--nested", "0.3")
    assert result.exit_code == 2
    assert "allowed is nested=SHARE" in result.output


def test_compare_shows_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "x.scn"
    path.write_text("region 1024 kvm\ntouch 0 1024\nsettle\nage\nage\nage\nevict old\ndump end\n")
    shown = call("compare", path, "--variants", "existing,6.12,v4+kconfig").output
    assert "| pgsteal" in shown
    assert "| secondary MMU asked" in shown
    assert "| end  | 0      | 1,024 | 1,024 | 1,024" in shown
    assert "Policies on the same rules (6.12) and KVM code (6.15)." in shown
    said = "No kernel was ever released like these with the rules of 6.12 and the KVM code of 6.15"
    assert f"{said}: existing, 6.12, v4+kconfig." in " ".join(shown.split())
    assert "accesses" not in shown
    assert "accesses" in call("compare", path, "--variants", "existing,6.12", "--all").output


@pytest.mark.parametrize(
    ("variants", "message"),
    [("v9", "variant 'v9' is unknown"), ("v4,v4", "v4 is there twice"), ("", "allowed is VARIANT")],
)
def test_compare_refuses_what_it_cannot_compare(
    tmp_path: Path, variants: str, message: str
) -> None:
    path = tmp_path / "x.scn"
    path.write_text("region 8 anon\n")
    result = call("compare", path, "--variants", variants)
    assert result.exit_code == 2
    assert message in result.output


def test_compare_takes_policies_or_releases_and_says_where_releases_diverge(tmp_path: Path) -> None:
    path = tmp_path / "x.scn"
    path.write_text("region 256 kvm\nlimit 100\ntouch 0 256\ntouch 0 256\n")
    shown = call("compare", path, "--kernels", "6.12,6.12~6.13,7.3").output
    first, _, counters = shown.partition("Counters at the end that differ")
    said = " ".join(first.split())
    assert "7.3 diverges from 6.12 at access" in said
    assert "6.12~6.13 parts" not in said
    assert "| pgscan" in counters
    same = call("compare", path, "--kernels", "6.12,6.12~6.13").output
    assert "They never diverge" in same
    for words in ((), ("--variants", "6.12", "--kernels", "6.12")):
        refused = call("compare", path, *words)
        assert refused.exit_code == 2
        assert "allowed is one of --variants and --kernels" in refused.output


def test_run_takes_a_kernel_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "x.scn"
    path.write_text("region 64 kvm\ntouch 0 64\nsettle\nage\ndump end\n")
    shown = call("run", path, "--kernel", "v4/code+kconfig", "--mmu", "arm64").output
    assert "kernel v4/code+kconfig, enabled 0x000b" in shown
    assert "No kernel was ever released with the policy of v4" in shown
    assert "read" in shown
    wrong = call("run", path, "--kernel", "v4/words")
    assert wrong.exit_code == 2
    assert "Allowed: mail, code" in wrong.output


@pytest.mark.parametrize(
    "words",
    [
        ("decide",),
        ("decide", "--variant", "v4", "--mmu", "arm64"),
        ("selftest", "--variant", "proposed"),
        ("contention",),
        ("prices",),
        ("groundtruth", "b_lookaround_en7"),
        ("compare", "{scn}", "--variants", "existing,6.12,v4+kconfig,v6,proposed"),
        ("compare", "{scn}", "--kernels", "6.1,6.12,6.18,7.3", "--all"),
        ("run", "{scn}"),
    ],
    ids=" ".join,
)
def test_every_table_fits_a_hundred_columns_and_no_word_is_cut(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "x.scn"
    path.write_text("region 1024 kvm\ntouch 0 1024\nsettle\nage\nage\nage\nevict old\ndump end\n")
    shown = call(*(str(path) if word == "{scn}" else word for word in words))
    assert shown.exit_code == 0, shown.output
    assert max(map(len, shown.output.splitlines())) <= 100
    assert "\u2026" not in shown.output


def test_compare_says_what_releases_stand_for_and_what_is_compared(tmp_path: Path) -> None:
    path = tmp_path / "x.scn"
    path.write_text("region 1024 kvm\ntouch 0 1024\nsettle\nage\nage\nage\nevict old\n")
    shown = " ".join(call("compare", path, "--kernels", "6.6,6.13").output.split())
    assert "Releases, not policies alone: policy, rules and KVM code differ" in shown
    assert "Linux 6.6 stands for the policy 6.1 on the rules of 6.1" in shown
    assert "6.13 diverges from 6.6 at access" in shown
    assert "No kernel was ever released" not in shown
    same = " ".join(call("compare", path, "--variants", "existing,existing~6.12").output.split())
    assert "same pages" in same
    assert "flushes TLBs" in same


def test_run_explains_its_page_map_and_says_when_a_limit_is_none(tmp_path: Path) -> None:
    path = tmp_path / "x.scn"
    path.write_text("region 256 kvm\nlimit 200\ntouch 0 256\ndump end\n")
    shown = " ".join(call("run", path).output.split())
    assert "limit 200 left room for 262 pages: 62 were charged in advance" in shown
    assert "letters of pages: 0 youngest generation" in shown
    large = tmp_path / "y.scn"
    large.write_text("region 4096 kvm\nlimit 4000\ntouch 0 4096\n")
    shown = call("run", large).output
    assert "left room" not in shown  # by less than two percent
    assert "\nend\n" in shown  # a scenario without a label
