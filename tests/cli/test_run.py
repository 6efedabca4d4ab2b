import json
from pathlib import Path

import pytest

import mglru_lab as ml
from mglru_lab.lab.truth.recordings import contract_map
from mglru_lab.scenario import examples
from tests.cli.called import call

SCENARIO = """enabled 7
region 6144 kvm
limit 3000
trace zipf08_15
misslog 2
replay 0 20000
settle
dump end
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "x.scn"
    path.write_text(SCENARIO)
    return path


def test_json_is_what_the_run_says(file: Path) -> None:
    shown = json.loads(call("run", file, "--kernel", "6.1", "--json").output)
    run = ml.run(ml.Scenario.read(file), ml.Kernel(variant="6.1"))
    assert (shown["kernel"], shown["enabled"]) == ("6.1", "0x0007")
    assert shown["stats"]["end"] == run.counters("end")
    assert shown["dumps"]["end"]["map"] == contract_map(run.page_map("end").tobytes().decode())
    sizes = shown["dumps"]["end"]["generations"]
    assert sum(row["pages"] for row in sizes) == sum(run.snapshots["end"].sizes)


def test_misses_are_runs_of_bits(file: Path) -> None:
    shown = json.loads(call("run", file, "--json").output)
    misses = ml.run(ml.Scenario.read(file)).misses
    assert misses is not None
    assert [bit for bit, count in shown["misses"] for _ in range(count)] == misses.tolist()
    assert all(a[0] != b[0] for a, b in zip(shown["misses"], shown["misses"][1:], strict=False))


def test_without_misslog_misses_are_null(tmp_path: Path) -> None:
    path = tmp_path / "y.scn"
    path.write_text("region 8 anon\ntouch 0 8\ndump end\n")
    assert json.loads(call("run", path, "--json").output)["misses"] is None


def test_mixed_memory_has_a_second_map(tmp_path: Path) -> None:
    path = tmp_path / "m.scn"
    path.write_text("region 8 anon\nregion 16 kvm\ntouch 0 8\ngtouch 0 4\nsettle\ndump end\n")
    dump = json.loads(call("run", path, "--json").output)["dumps"]["end"]
    assert (dump["map"], dump["mapg"]) == ("8x0", "4x0 12x.")


def test_the_table_names_generations_counters_and_costs(file: Path) -> None:
    shown = call("run", file).output
    assert "kernel 6.12, enabled 0x0007" in shown
    assert "generation (distance): pages" in shown
    assert "pgmajfault" in shown
    assert "secondary MMU asked" in shown


def test_a_trace_is_looked_up_in_the_named_folder_first(tmp_path: Path) -> None:
    (tmp_path / "traces").mkdir()
    (tmp_path / "traces" / "t.u32").write_bytes(bytes(4 * 5))
    path = tmp_path / "x.scn"
    path.write_text("region 4 anon\ntrace /somewhere/t.u32\nreplay 0 5\nstat end\n")
    assert call("run", path).exit_code == 2
    shown = call("run", path, "--traces", tmp_path / "traces", "--json")
    assert json.loads(shown.output)["stats"]["end"]["accesses"] == 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("toch 0 8\n", "x.scn:1: command 'toch' is unknown; did you mean touch"),
        ("region 8 anon\ntouch 0 9\n", "x.scn:2: touch: B: page 8 is outside 0 to 7"),
        ("region 8 anon\ntrace t.u32\n", "x.scn:2: trace: trace 't.u32' is in none of"),
        ("region 8 file x\n", "x.scn:1: region: PATH: x is no path"),
    ],
)
def test_a_wrong_scenario_ends_with_file_line_value_and_what_is_allowed(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "x.scn"
    path.write_text(text)
    shown = call("run", path)
    assert shown.exit_code == 2
    assert message in shown.output
    assert "Traceback" not in shown.output


def test_the_list_has_every_example_and_fits_100_columns() -> None:
    shown = call("scenario", "list").output
    for name in examples.names():
        assert f"{name}: {examples.title(name)[:40]}" in shown
    assert max(map(len, shown.splitlines())) <= 100


def test_an_example_is_shown_as_it_is() -> None:
    assert call("scenario", "show", "phases").output == examples.path_of("phases").read_text()


def test_a_file_of_ones_own_begins_as_an_example(tmp_path: Path) -> None:
    made = tmp_path / "mine"
    shown = call("scenario", "new", made, "--like", "idle_guest").output
    assert "mglru-lab run" in shown
    text = made.with_suffix(".scn").read_text()
    assert text == examples.path_of("idle_guest").read_text()
    again = call("scenario", "new", made.with_suffix(".scn"))
    assert again.exit_code == 2
    assert "exists" in again.output
    assert made.with_suffix(".scn").read_text() == text


def test_commands_take_an_examples_name_and_a_file_comes_first(tmp_path: Path) -> None:
    assert "kernel 6.12" in call("run", "smallest", "--kernel", "6.12").output
    wrong = call("run", "smalest")
    assert wrong.exit_code == 2
    assert "did you mean smallest" in wrong.output


def test_a_scenario_without_a_label_is_summed_up_and_compared(tmp_path: Path) -> None:
    file = tmp_path / "nolabel.scn"
    file.write_text("region 256 kvm\nlimit 128\ntouch 0 256\ntouch 0 64\n")
    assert "pgmajfault" in call("run", file).output
    shown = call("compare", file, "--variants", "existing,6.12")
    assert shown.exit_code == 0
    assert "pgscan" in shown.output
