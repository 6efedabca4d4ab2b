import dataclasses
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mglru_lab.scenario.language import COMMANDS, Scenario, ScenarioError, parse

untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

ROOT = Path(__file__).parents[2]
REGION = "region 100 anon\n"


def parsed(text: str) -> list[tuple[int, str, tuple[int | str, ...]]]:
    return [(command.line, command.name, command.args) for command in parse(text, "x.scn")]


# What is understood


def test_one_command_a_line_comments_and_blank_lines_are_skipped() -> None:
    assert parsed("# a comment\n\n  enabled 7   # all\nregion 10 anon\n#touch 0 5\n") == [
        (3, "enabled", ("7",)),
        (4, "region", (10, "anon", "")),
    ]


@pytest.mark.parametrize(
    ("line", "args"),
    [
        ("touch 3 9", (3, 9, 1)),
        ("touch 3 9 2", (3, 9, 2)),
        ("age", (1, 1)),
        ("age 1", (1, 1)),
        ("age 1 0", (1, 0)),
        ("evict old", ("old", 200, 1000000)),
        ("evict all 60", ("all", 60, 1000000)),
        ("evict 5 200 64", (5, 200, 64)),
        ("evict 0", (0, 200, 1000000)),
        ("proactive 4000", (4000, "walk", 3, 1000000)),
        ("proactive 4000 age", (4000, "age", 3, 1000000)),
        ("proactive 4000 reclaim 64", (4000, "reclaim", 64, 1000000)),
        ("proactive 0", (0, "walk", 3, 1000000)),
        ("knob lru_gen_ask 31", ("lru_gen_ask", 31)),
        ("replay 0 2147483648", (0, 1 << 31)),
        ("replaymarks 0 10 4", (0, 10, 4)),
        ("settle", ()),
        ("dump a1", ("a1",)),
        ("enabled 0x3", ("0x3",)),
        ("enabled y", ("y",)),
    ],
)
def test_missing_arguments_are_the_recorders_defaults(
    line: str, args: tuple[int | str, ...]
) -> None:
    assert parsed(REGION + line)[1][2] == args


@pytest.mark.parametrize("line", ["echo what comes now", "echo"])
def test_what_changes_nothing_is_accepted_and_dropped(line: str) -> None:
    assert parsed(line) == []


@pytest.mark.parametrize(
    "setting", ["vm/swappiness 60", "vm.swappiness 200", "vm/page-cluster 0",
                "kernel.numa_balancing 0", "kernel/sched_rt_runtime_us -1"],
)  # fmt: skip
def test_the_recorders_sysctls_are_accepted(setting: str) -> None:
    assert parsed(f"sysctl {setting}") == [(1, "sysctl", tuple(setting.split()))]


def test_an_empty_scenario_has_no_commands() -> None:
    assert Scenario("").commands() == ()


def test_the_reference_lists_every_command() -> None:
    page = (ROOT / "docs" / "reference" / "scenarios.md").read_text(encoding="utf-8")
    cells = [row.split(" | ")[0] for row in page.splitlines() if row.startswith("| `")]
    listed = {word for cell in cells for word in re.findall(r"`([a-z]+)", cell)}
    assert listed == {*COMMANDS, "echo"}


# What is refused


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("tuch 0 5", "command 'tuch' is unknown; did you mean touch? Allowed: enabled, "),
        ("touch", "touch: A is missing; usage: touch A B [STEP]"),
        ("touch 1", "touch: B is missing; usage: touch A B [STEP]"),
        ("touch 0 5 1 7", "touch: '7' is one argument too many; usage"),
        ("settle 1", "settle: '1' is one argument too many; usage: settle"),
        ("touch zero 5", f"touch: A: 'zero' is no number; allowed are 0 to {1 << 30}"),
        ("touch -1 5", "touch: A: -1 is outside 0 to"),
        ("touch 0 5 0", "touch: STEP: 0 is outside 1 to"),
        ("touch 0 1.5", "touch: B: '1.5' is no number"),
        ("limit 0", "limit: M: 0 is outside 1 to"),
        ("age 0", "age: CAN_SWAP: 0 is outside 1 to 1"),
        ("age 1 2", "age: FORCE: 2 is outside 0 to 1"),
        ("evict young", "evict: GEN: 'young' is no number"),
        ("evict old 0", "evict: SWAPPINESS: 0 is outside 1 to 200"),
        ("evict old 201", "evict: SWAPPINESS: 201 is outside 1 to 200"),
        ("misslog 3", "misslog: 0|1|2: 3 is outside 0 to 2"),
        ("fifo 2", "fifo: 0|1: 2 is outside 0 to 1"),
        ("enabled on", "enabled: X: enabled 'on': the kernel answers EINVAL"),
        ("sysctl vm/swapiness 10", "sysctl: vm/swapiness: NAME 'vm/swapiness' is unknown; did you"),
        ("sysctl vm.swappiness 0", "sysctl: vm/swappiness: 0 is outside 1 to 200"),
        ("sysctl vm/page-cluster 1", "sysctl: vm/page-cluster: 1 is outside 0 to 0"),
        (
            "knob lru_gen_asq 7",
            "knob: KNOB: knob 'lru_gen_asq' is unknown; did you mean lru_gen",
        ),
        ("knob lru_gen_ask 32", "knob: BITS: 32 is outside 0 to 31"),
        (
            "proactive 9 sweep",
            "proactive: PASS: pass 'sweep' is unknown. Allowed: age, reclaim",
        ),
        ("region 100 shmem", "region: KIND: kind 'shmem' is unknown. Allowed: anon, kvm"),
        ("region 100 kmv", "region: KIND: kind 'kmv' is unknown; did you mean kvm?"),
        ("region 0 anon", "region: N: 0 is outside 1 to"),
        ("dump", "dump: LABEL is missing"),
    ],
)
def test_a_wrong_line_is_named_with_what_is_allowed(line: str, message: str) -> None:
    with pytest.raises(ScenarioError, match="^" + re.escape(f"x.scn:3: {message}")):
        parse(f"{REGION}# two\n{line}\n", "x.scn")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("region 8 file\ntouch 0 8", "x:2: touch: a file's pages are only read here"),
        ("region 8 rfile\nutouch 0 8", "x:2: utouch: a file's pages are only read here"),
        ("region 8 file dev/ram0", "x:1: region: PATH: dev/ram0 is no path"),
        ("region 8 file\nregion 8 kvm", "x:2: region: file + kvm: allowed are one region"),
        ("region 8 anon nested=1", "x:1: region: nested=1: only a region of kind kvm"),
        ("split 1\nregion 8 anon", "x:1: split: 1 is for two regions"),
        ("region 8 anon\nsplit 1\nregion 8 kvm", "x:2: split: 1 is for two regions"),
        ("region 8 anon\nenabled 0", "x:2: enabled: 0: switching MGLRU on or off"),
        ("enabled 6\nregion 8 anon\nenabled y", "x:3: enabled: y: switching MGLRU on or off"),
        ("enabled 0\nregion 8 anon\nage", "x:3: age: the classic LRU"),
        ("enabled n\nsplit 1\nregion 8 anon\nregion 8 kvm", "x:2: split: the classic LRU"),
        ("enabled 0\nregion 8 anon\nproactive 4 age", "x:3: proactive: the classic LRU"),
    ],
)
def test_what_files_memcgs_and_the_classic_lru_cannot_is_refused(text: str, message: str) -> None:
    with pytest.raises(ScenarioError, match="^" + re.escape(message)):
        parse(text, "x")


def test_files_may_name_a_path_and_memcgs_be_split() -> None:
    assert parsed("region 8 file /dev/ram0\nrtouch 0 8")[0] == (
        1,
        "region",
        (8, "file", "/dev/ram0"),
    )
    assert [name for _, name, _ in parsed("split 1\nregion 8 anon\nregion 8 kvm")] == [
        *("split", "region", "region")
    ]


@pytest.mark.parametrize(
    "line", ["limit 5", "touch 0 0", "replay 0 1", "settle", "age", "evict old", "dump a", "stat a"]
)
def test_memory_comes_before_what_is_done_to_it(line: str) -> None:
    with pytest.raises(ScenarioError, match=r"^x:1: \w+: there is no memory yet"):
        parse(f"{line}\nregion 5 anon", "x")


@pytest.mark.parametrize(
    "text", ["region 5 anon\n" * 2, "region 5 kvm\n" * 2, "region 5 kvm\nregion 5 anon\n",
             "region 5 anon\nregion 5 kvm\nregion 5 kvm\n"],
)  # fmt: skip
def test_there_is_one_region_or_a_host_and_then_a_guest(text: str) -> None:
    with pytest.raises(ScenarioError, match="allowed are one region, or anon and then kvm"):
        parse(text, "x")
    assert len(parse("region 5 anon\nregion 9 kvm", "x")) == 2


@pytest.mark.parametrize("touch", ["touch", "utouch", "rtouch"])
def test_touched_pages_lie_inside_the_first_region(touch: str) -> None:
    assert parse(f"region 5 anon\n{touch} 0 5", "x")
    with pytest.raises(ScenarioError, match=f"x:2: {touch}: B: page 5 is outside 0 to 4"):
        parse(f"region 5 anon\n{touch} 0 6", "x")


def test_gtouch_touches_the_second_region() -> None:
    both = "region 5 anon\nregion 9 kvm\n"
    assert parse(both + "gtouch 0 9", "x")
    with pytest.raises(ScenarioError, match="B: page 9 is outside 0 to 8"):
        parse(both + "gtouch 0 10", "x")
    with pytest.raises(ScenarioError, match="there is no second region"):
        parse("region 9 kvm\ngtouch 0 1", "x")


# Arbitrary text

NUMBER = st.integers(-2, 70).map(str)
WORD = st.one_of(
    st.sampled_from([*COMMANDS, "echo", "split", "knob", "anon", "kvm", "file", "old", "all", "#"]),
    NUMBER,
    st.text(min_size=1, max_size=4),
)
LINES = st.lists(st.lists(WORD, max_size=5).map(" ".join), max_size=6).map("\n".join)


def refusal(text: str) -> str:
    """Why `text` is refused, or nothing."""
    try:
        parse(text, "here")
    except ScenarioError as error:
        return str(error)
    return ""


@untimed
@given(st.text() | LINES)
def test_any_text_is_parsed_or_a_scenario_error_with_its_place(text: str) -> None:
    assert re.match(r"$|here:\d+: ", refusal(text))


def _argument(name: str) -> st.SearchStrategy[str]:
    known = {
        "X": st.sampled_from(["y", "1", "0x7"]),
        "NAME": st.just("vm/swappiness"),
        "KNOB": st.just("lru_gen_ask"),
        "PASS": st.sampled_from(["age", "reclaim", "walk"]),
        "BITS": st.integers(0, 31).map(str),
        "KIND": st.just("anon"),
        "GEN": st.sampled_from(["old", "all", "3"]),
        "0|1|2": st.sampled_from("012"),
        "0|1": st.sampled_from("01"),
        "CAN_SWAP": st.just("1"),
        "FORCE": st.sampled_from("01"),
    }
    return known.get(name, st.integers(1, 200).map(str))


@st.composite
def _good_line(draw: st.DrawFn) -> str:
    name = draw(
        st.sampled_from([name for name in COMMANDS if name not in ("region", "gtouch", "split")])
    )
    expected = COMMANDS[name]
    least = sum(default is None for *_, default in expected)
    given = expected[: draw(st.integers(least, len(expected)))]
    return " ".join([name, *(draw(_argument(argument)) for argument, *_ in given)])


@untimed
@given(st.lists(_good_line(), max_size=8))
def test_commands_written_out_with_all_their_arguments_are_the_same_commands(
    lines: list[str],
) -> None:
    first = parse("\n".join(["region 200 anon", *lines]), "x")
    again = parse("\n".join(" ".join(map(str, (c.name, *c.args))) for c in first), "x")
    assert [(c.name, c.args) for c in again] == [(c.name, c.args) for c in first]
    assert [c.line for c in first] == list(range(1, len(lines) + 2))


# Files


def test_a_scenario_file_knows_its_name_and_folder(tmp_path: Path) -> None:
    path = tmp_path / "k_evict.scn"
    path.write_text("region 7 kvm # ü\n", encoding="utf-8")
    scenario = Scenario.read(path)
    assert (scenario.name, scenario.folder, scenario.source) == ("k_evict", tmp_path, str(path))
    assert scenario.commands()[0].args == (7, "kvm", "")


def test_errors_of_a_file_name_it(tmp_path: Path) -> None:
    path = tmp_path / "x.scn"
    path.write_text("settle")
    with pytest.raises(ScenarioError, match=re.escape(f"{path}:1: settle:")):
        Scenario.read(str(path))


def test_a_file_that_is_no_text_is_refused_with_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "x.scn"
    path.write_bytes(b"age\n\xff\xfe")
    with pytest.raises(
        ScenarioError, match=re.escape(f"{path}: no text: invalid start byte at byte 4")
    ):
        Scenario.read(path)


def test_neither_a_scenario_nor_a_command_changes() -> None:
    scenario = Scenario("region 5 anon")
    with pytest.raises(dataclasses.FrozenInstanceError):
        scenario.text = ""  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        scenario.commands()[0].name = "limit"  # type: ignore[misc]


def test_a_wrong_scenario_cannot_be_made() -> None:
    with pytest.raises(ScenarioError, match=r"^scenario:2: touch: B: page 5"):
        Scenario("region 5 anon\ntouch 0 6")


def test_the_first_wrong_line_is_reported_whatever_is_wrong_with_it() -> None:
    assert refusal("region 5 anon\ntouch 0 6\nfoo").startswith("here:2: touch")


@pytest.mark.parametrize("number", ["1_000", "\u0661", "1.0", "0x5"])
def test_numbers_are_those_that_the_recorder_reads(number: str) -> None:
    assert "is no number" in refusal(f"region 5000 anon\ntouch 0 {number}")


def test_only_a_newline_ends_a_line() -> None:
    assert refusal("# a comment\x0cfoo\n# another\u2028foo") == ""


@pytest.mark.parametrize("text", ["0 > /sys/kernel/mm/lru_gen/enabled", "1 >/proc/sys/vm/x"])
def test_an_echo_that_means_to_set_something_is_refused(text: str) -> None:
    with pytest.raises(ScenarioError, match=r"writes nothing to /(sys|proc)/\S+; allowed are"):
        parse(f"echo {text}\nregion 8 anon\n", "x")
    assert parse("echo a > b /sys\nregion 8 anon\n", "x")
