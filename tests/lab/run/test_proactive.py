import pytest

import mglru_lab as ml


def passes(command: str, accesses: int = 9000, variant: str = "6.12") -> ml.Run:
    body = (
        f"region 6144 anon\ntouch 0 6144\nsettle\ntrace zipf08_15\n{command}\nreplay 0 {accesses}\n"
    )
    return ml.run(ml.Scenario(body + "settle\nstat end"), ml.Kernel(variant=variant))


def test_a_pass_comes_after_every_so_many_accesses_of_all_replays() -> None:
    run = passes("proactive 4000 walk\nreplay 0 3000")
    # 6144 touches came before, and 3000 accesses of the first replay count
    assert run.proactive["accesses"].to_list() == [10144, 14144, 18144]
    assert run.proactive["pass"].to_list() == [1, 2, 3]
    assert run.proactive["max_seq"].to_list() == [4, 5, 6]


def test_ageing_passes_evict_what_stays_idle_for_three() -> None:
    run = passes("proactive 2000 age 3")
    freed = run.proactive["resident_before_0"] - run.proactive["resident_0"]
    assert freed.to_list()[:2] == [0, 0]
    assert freed.to_list()[2] > 2000


def test_reclaiming_passes_free_at_least_what_is_asked() -> None:
    run = passes("proactive 3000 reclaim 256")
    freed = run.proactive["resident_before_0"] - run.proactive["resident_0"]
    assert run.proactive.height == 3
    assert all(256 <= pages < 512 for pages in freed.to_list())


def test_proactive_0_is_off() -> None:
    run = passes("proactive 3000 walk\nproactive 0")
    assert run.proactive.height == 0
    assert run.counters("end")["agings"] == 0


@pytest.mark.parametrize("variant", ["6.1", "6.12"])
def test_the_miss_log_spans_the_passes(variant: str) -> None:
    run = passes("misslog 1\nproactive 1000 reclaim 300", variant=variant)
    assert run.misses is not None
    assert run.misses.size == 9000
    assert run.misses.sum() == run.counters("end")["misslog_misses"] > 100
