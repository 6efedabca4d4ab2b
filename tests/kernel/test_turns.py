"""Two processes under one limit: what each does is its own memcg's."""

import numpy as np

from mglru_lab.kernel.lruvec import Lruvec
from mglru_lab.kernel.replay import GUEST_BIT
from mglru_lab.kernel.rules import Rules
from mglru_lab.kernel.turns import replay_turns
from mglru_lab.policy.policy import Policy
from tests.kernel.small import POLICY_612, RULES_612, machine, plain

SPLIT = "split 1\nregion 600 anon\nregion 600 kvm\n"


def test_each_run_of_a_regions_accesses_is_one_turn_of_its_process() -> None:
    turns: list[tuple[int, int]] = []

    def turn(v: Lruvec, _rules: Rules, _policy: Policy, entries: np.ndarray, *_: object) -> int:
        turns.append((int(v.lru.memcg), entries.size))
        return int(entries.size) if len(turns) < 3 else 1

    made = machine(SPLIT)
    guest = np.uint32(1 << GUEST_BIT)
    entries = np.array([1, 2, guest, 3, guest + 1, guest + 2], np.uint32)
    both = np.array([False, False])
    arguments = (made.layout.first_table, both, 1, np.zeros(0, np.uint8))
    run = plain(replay_turns, replay=turn)
    assert run(made.v, RULES_612, POLICY_612, entries[:4], *arguments) == 4
    assert turns == [(0, 2), (1, 1), (0, 1)]
    assert run(made.v, RULES_612, POLICY_612, entries[4:], *arguments) == 1


def test_pages_are_charged_to_the_memcg_of_who_touches_them_and_to_the_one_above() -> None:
    v = machine(SPLIT + "limit 700\ntouch 0 600\ngtouch 0 600\ntouch 0 300 3\nsettle").v
    assert v.lrus.usage.sum() == v.cpu.usage <= v.cpu.limit
    assert (v.lrus.nr_pages.sum(axis=(1, 2)) > 100).all()
    assert v.stat.pgsteal > 0


def test_the_guests_memcg_is_seen_apart() -> None:
    made = machine(SPLIT + "touch 0 600\ngtouch 0 100\nsettle\nstat now\ndump end")
    seen = {snapshot.label: snapshot for snapshot in made.log.snapshots}
    assert list(seen) == ["now", "now@vm", "end", "end@vm"]
    own_page, code_page = 1, 1
    assert sum(seen["now"].sizes) == 600 + own_page
    assert sum(seen["now@vm"].sizes) == 100 + own_page + code_page
