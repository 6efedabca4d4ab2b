"""Every example says what it is, is short, runs on the model, and shows what it says."""

import re
from pathlib import Path

import pytest

import mglru_lab as ml
from mglru_lab.lab.thread.look_around_cases import CASES
from mglru_lab.scenario import examples

KERNELS = ["existing", "6.12"]
ALIKE = ("charge_stock", "classic_lru", "read_file")
"""Those about something that is the same on all kernels: no pressure, no generations, no guest."""


def said(name: str) -> str:
    """The comment above the commands."""
    text = examples.path_of(name).read_text()
    return text.removesuffix(examples.commands(name))


def test_there_are_a_dozen_and_the_smallest_is_first() -> None:
    assert len(examples.names()) >= 12
    assert examples.names()[0] == "smallest"


def test_another_name_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="did you mean smallest"):
        examples.path_of("smalest")


@pytest.mark.parametrize("name", examples.names())
def test_an_example_begins_with_what_it_is_what_to_try_and_what_to_see(name: str) -> None:
    assert re.fullmatch(r"[A-Z].{20,98}[.?]", examples.title(name))
    assert re.search(rf"^# Try: mglru-lab \w+ {name}\b", said(name), re.MULTILINE)
    assert re.search(r"^# See: ", said(name), re.MULTILINE)
    lines = examples.path_of(name).read_text().splitlines()
    assert max(map(len, lines)) <= 110


@pytest.mark.parametrize("name", examples.names())
def test_an_example_runs_and_tells_the_kernels_apart(name: str) -> None:
    result = ml.compare(examples.example(name), KERNELS)
    spent = [made.events.rows() for made in result.runs.values()]
    assert (spent[0] == spent[1]) == (name in ALIKE)


def test_what_is_said_of_the_outcome_is_so() -> None:
    def end(name: str, kernel: str) -> dict[str, int]:
        return ml.run(examples.example(name), ml.Kernel.parse(kernel)).end

    assert [end("smallest", kernel)["pswpout"] for kernel in KERNELS] == [0, 512]
    host = [end("idle_guest", kernel)["host_majflt"] for kernel in KERNELS]
    assert host[0] > 500
    assert host[1] == 0
    mixed = [end("host_and_guest", kernel) for kernel in KERNELS]
    assert mixed[0]["host_majflt"] > mixed[1]["host_majflt"]
    assert mixed[0]["guest_majflt"] < mixed[1]["guest_majflt"]
    moving = [end("phases", kernel) for kernel in KERNELS]
    assert moving[0]["pgmajfault"] == moving[1]["pgmajfault"]
    assert moving[0]["pgscan"] > 2 * moving[1]["pgscan"]
    freed = [end("proactive", kernel) for kernel in KERNELS]
    assert freed[0]["memory.current"] > freed[1]["memory.current"]
    stock = ml.run(examples.example("charge_stock"))
    assert "limit 200 left room for 263 pages" in stock.limit_note
    assert stock.end["pgscan"] == 0
    assert any(label.endswith("@vm") for label in ml.run(examples.example("two_memcgs")).snapshots)


def test_the_smallest_is_the_readmes_program() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    code = re.search(r'ml\.Scenario\("""\n(.*?)"""', readme, re.DOTALL)
    assert code
    ours, theirs = (ml.Scenario(t).commands() for t in (examples.commands("smallest"), code[1]))
    assert [(c.name, c.args) for c in ours] == [(c.name, c.args) for c in theirs]


def test_the_look_around_cases_are_examples() -> None:
    texts = [examples.commands(name) for name in examples.names()]
    assert all(case.text in texts for case in CASES.values())
