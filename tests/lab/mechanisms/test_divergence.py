"""Where two kernels diverge, against one access after another."""

import numpy as np
import pytest

import mglru_lab as ml
from mglru_lab.lab.mechanisms.divergence import OUTCOME, PLACE, divergences, table
from mglru_lab.policy.kernel import Kernel
from mglru_lab.scenario.language import ScenarioError

LENGTH = 4096
HOT = np.random.default_rng(3).zipf(1.2, LENGTH) % 512
TRACE = HOT.astype(np.uint32)
TEXT = "region 512 kvm\nlimit 200\ntrace made.u32\nreplay 0 4096\nsettle\nstat end\n"
GIVEN = {"made.u32": TRACE}


def named(*names: str) -> dict[str, Kernel]:
    return {name: Kernel.parse(name) for name in names}


def places(kernel: Kernel, accesses: int) -> list[str]:
    """Each page's letter after so many accesses, played from the start."""
    text = TEXT.replace("replay 0 4096", f"replay 0 {accesses}").replace("settle\nstat", "dump")
    run = ml.run(ml.Scenario(text), kernel, entries=GIVEN)
    letters = run.page_map("end").tobytes().decode()
    return ["n" if letter in "Arn" else letter for letter in letters]


@pytest.mark.parametrize("pair", [("6.12", "6.18"), ("7.2", "7.3"), ("existing@6.12", "6.12")])
def test_places_are_the_same_before_the_access_and_differ_after_it(pair: tuple[str, str]) -> None:
    kernels = named(*pair)
    first = divergences(ml.Scenario(TEXT), kernels, entries=GIVEN)[0]
    assert (first.baseline, first.kernel, first.what) == (*pair, PLACE)
    one, other = kernels.values()
    assert first.access is not None
    assert places(one, first.access - 1) == places(other, first.access - 1)
    both = places(one, first.access), places(other, first.access)
    differing = [page for page in range(512) if both[0][page] != both[1][page]]
    assert (differing[0], len(differing)) == (first.page, first.pages)
    assert first.accessed == f"a write of page {TRACE[first.access - 1]}"


@pytest.mark.parametrize("pair", [("6.12", "6.18"), ("6.1", "7.3")])
def test_the_first_other_outcome_is_that_of_the_miss_logs(pair: tuple[str, str]) -> None:
    kernels = named(*pair)
    (found,) = [
        one for one in divergences(ml.Scenario(TEXT), kernels, entries=GIVEN) if one.what == OUTCOME
    ]
    logged = ml.Scenario("misslog 1\n" + TEXT)
    logs = [ml.run(logged, kernel, entries=GIVEN).misses for kernel in kernels.values()]
    assert logs[0] is not None
    first = int(np.flatnonzero(logs[0] != logs[1])[0])
    assert (found.access, found.page) == (first + 1, TRACE[first])
    missed = [int(log[first]) for log in logs]
    assert [("swapped out" in state) for state in found.states] == [bool(m) for m in missed]
    assert f"access {first + 1:,}, a write of page {TRACE[first]}, of line 4" in found.in_words


def test_a_command_may_part_them_that_accesses_nothing() -> None:
    text = "region 64 kvm\ntouch 0 64\nsettle\nage\ntouch 0 32\nage  # asks\ndump end\n"
    (found,) = divergences(ml.Scenario(text), named("existing", "6.12"))
    assert (found.access, found.line, found.command) == (None, 6, "age")
    assert found.pages == 32
    assert found.in_words == (
        "6.12 diverges from existing at line 6 (`age`). After it, 32 pages are elsewhere, first "
        "page 0: on existing: 2 behind, no flags; on 6.12: 1 behind, no flags."
    )


def test_a_page_of_the_guests_region_is_named_so() -> None:
    text = "region 64 anon\nregion 64 kvm\ntouch 0 64\ngtouch 0 64\nsettle\nage\n"
    text += "gtouch 0 9\nage\ndump end\n"
    (found,) = divergences(ml.Scenario(text), named("existing", "6.12"))
    assert (found.region, found.page) == (1, 0)
    assert "page 0 of the guest's region" in found.in_words


def test_kernels_that_never_part_are_left_out() -> None:
    found = divergences(ml.Scenario(TEXT), named("6.12", "6.12~6.13", "6.18"), entries=GIVEN)
    assert {one.kernel for one in found} == {"6.18"}
    frame = table(found)
    assert frame["what"].to_list() == [PLACE, OUTCOME]
    assert frame.columns[-2:] == ["on_baseline", "on_kernel"]
    assert table([]).is_empty()


def test_a_trace_that_does_not_fit_its_region_is_refused() -> None:
    with pytest.raises(ScenarioError, match=r"entry 0: page 600 of the first region"):
        divergences(
            ml.Scenario(TEXT),
            named("6.12", "7.3"),
            entries={"made.u32": np.array([600], np.uint32)},
        )
