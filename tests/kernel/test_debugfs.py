import pytest

from mglru_lab.kernel import debugfs
from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.lruvec import FRESH_WALK, NO_WALK, PTE_SWAP, Lruvec
from mglru_lab.kernel.rules import Rules
from mglru_lab.lab.run.machine import Machine
from mglru_lab.policy.policy import Policy
from tests.kernel.small import POLICY_612, RULES_612, go_on, listed, on_lists, plain

KERNEL = (RULES_612, POLICY_612)


# +


def test_age_without_force_at_four_generations_is_erange(oldest: Machine) -> None:
    v = oldest.v
    assert debugfs.run_aging(v, *KERNEL, False) == -34
    assert (v.lru.min_seq[0], v.lru.max_seq, v.stat.agings) == (3, 6, 3)


def test_age_with_force_at_four_generations_merges_the_two_oldest(oldest: Machine) -> None:
    v = oldest.v
    assert debugfs.run_aging(v, *KERNEL, True) == 0
    assert (v.lru.min_seq[0], v.lru.max_seq) == (4, 7)
    assert v.lru.nr_pages[:, 0].tolist() == [512, 0, 0, 0]


def test_age_without_force_at_three_generations_is_done(oldest: Machine) -> None:
    v = oldest.v
    v.lru.min_seq[:] = 4
    assert debugfs.run_aging(v, *KERNEL, False) == 0
    assert (v.lru.min_seq[0], v.lru.max_seq) == (4, 7)


def test_an_aging_that_comes_too_early_is_no_error(populated: Machine) -> None:
    populated.v.lru.mm_seq = populated.v.lru.max_seq
    assert debugfs.run_aging(populated.v, *KERNEL, True) == 0
    assert populated.v.lru.max_seq == 3


# -


@pytest.mark.parametrize(("seq", "answer"), [(6, -22), (5, -22), (4, 0)])
def test_evicting_one_of_the_two_youngest_generations_is_einval(
    oldest: Machine, seq: int, answer: int
) -> None:
    assert debugfs.run_eviction(oldest.v, *KERNEL, seq, 200, 10) == answer
    assert oldest.v.stat.pgsteal == (0 if answer else 64)


def test_evicting_generations_that_are_gone_already_does_nothing(oldest: Machine) -> None:
    assert debugfs.run_eviction(oldest.v, *KERNEL, 2, 200, 10) == 0
    assert (oldest.v.stat.pgsteal, oldest.v.stat.pgscan) == (0, 0)


@pytest.mark.parametrize(("wanted", "stolen"), [(0, 0), (1, 64), (64, 64), (65, 128), (1000, 512)])
def test_it_goes_on_by_64_until_enough_is_reclaimed(
    oldest: Machine, wanted: int, stolen: int
) -> None:
    assert debugfs.run_eviction(oldest.v, *KERNEL, 3, 200, wanted) == 0
    assert oldest.v.stat.pgsteal == stolen


@pytest.mark.parametrize(("which", "left"), [("old", 4), ("all", 0)])
def test_it_stops_when_the_generations_asked_for_are_gone(
    empty: Machine, which: str, left: int
) -> None:
    text = "touch 0 200\nsettle\nage\ntouch 200 204\nsettle\nage\nage\n"
    v = go_on(empty, text + f"evict {which}").v
    assert v.stat.pgsteal == 204 - left
    assert len(listed(v, 4)) == left


def test_pages_in_the_lru_add_batch_are_not_drained(oldest: Machine) -> None:
    v = go_on(oldest, "evict old 200 64\ntouch 0 5\nevict old").v
    assert v.cpu.lru_add[: v.cpu.add_count].tolist() == [0, 1, 2, 3, 4]
    assert (Folios(v).pte[:512] == PTE_SWAP).sum() == 507


def test_the_command_brings_a_fresh_walk_and_takes_it_away() -> None:
    seen = []

    def evict(v: Lruvec, _rules: Rules, _policy: Policy, _swappiness: int, _most: int) -> int:
        seen.append(int(v.cpu.mm_walk))
        return 0

    v = on_lists([1])
    assert plain(debugfs.run_eviction, evict_folios=evict)(v, *KERNEL, 0, 200, 10) == 0
    assert (seen, v.cpu.mm_walk) == ([FRESH_WALK], NO_WALK)


# The text


def test_lru_gen_prints_generation_age_and_pages_as_the_kernel_does(one_old: Machine) -> None:
    go_on(one_old, "touch 0 40\nevict old")  # the empty generations retire
    assert debugfs.lru_gen_text(one_old.v) == (
        "memcg     2 /lab\n"
        " node     0\n"
        "          3        552        512           0 \n"
        "          4         40          0           0 \n"
    )


def test_a_negative_size_prints_as_0_and_the_memcg_has_its_name(one_old: Machine) -> None:
    one_old.v.lru.nr_pages[1, 0] = -3
    lines = debugfs.lru_gen_text(one_old.v, memcg=41, path="/vm").splitlines()
    assert lines[0] == "memcg    41 /vm"
    assert [line.split()[2] for line in lines[2:]] == ["0", "0", "512", "0"]
