import numpy as np
import pytest

import mglru_lab as ml
from mglru_lab.scenario.nested import Nested


def test_a_share_is_one_run_of_pages() -> None:
    pages = Nested.parse("nested=0.3").pages(1000)
    where = np.flatnonzero(pages)
    assert where.size == 300
    assert where[-1] - where[0] == 299


def test_the_seed_moves_the_run_and_scattered_pages_are_no_run() -> None:
    one, other = (np.flatnonzero(Nested.parse(f"nested=0.3@{s}").pages(1000)) for s in (1, 2))
    assert one[0] != other[0]
    scattered = np.flatnonzero(Nested.parse("nested=0.3@1/scattered").pages(1000))
    assert scattered.size == 300
    assert scattered[-1] - scattered[0] > 600
    again = np.flatnonzero(Nested.parse("nested=0.3@1/scattered").pages(1000))
    assert scattered.tolist() == again.tolist()


@pytest.mark.parametrize("share", ["0", "1", "0.0", "1.0", ".5"])
def test_shares_from_none_to_all(share: str) -> None:
    assert Nested.parse(f"nested={share}").pages(10).sum() == round(float(share) * 10)


@pytest.mark.parametrize(
    "text", ["nested", "nested=", "nested=1.1", "nested=-1", "nested=0.3@", "nested=nan", "0.3",
             "nested=0.3/spread", "nested=1e-3", "nested=٣"],
)  # fmt: skip
def test_anything_else_is_refused_with_the_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"scenario:1: region: NESTED: .* allowed is nested=SHARE"):
        ml.Scenario(f"region 10 kvm {text}")


def test_only_a_guest_has_nested_pages() -> None:
    with pytest.raises(ValueError, match="only a region of kind kvm has nested pages"):
        ml.Scenario("region 10 anon nested=0.3")


@pytest.mark.parametrize("mmu", ["arm64", "x86-shadow", "x86-tdp-was-nested", "x86-tdp-noad"])
def test_a_share_is_refused_where_no_page_can_be_mapped_twice(mmu: str) -> None:
    with pytest.raises(ValueError, match=f"{mmu} has no nested guest next to others"):
        ml.run(ml.Scenario("region 10 kvm nested=0.3"), ml.Kernel(mmu=mmu))


def test_a_share_makes_the_host_one_with_a_nested_guest() -> None:
    text = "region 1000 kvm nested=0.3\ntouch 0 1000\nsettle\nage\ntouch 0 1000\nage\ndump end\n"
    by_mmu = [
        ml.run(ml.Scenario(text), ml.Kernel(variant="exact", mmu=mmu))
        for mmu in ("x86-tdp-ad", "x86-tdp-nested")
    ]
    for made in by_mmu:
        generations = made.page_generations("end")
        assert [int((generations == d).sum()) for d in (1, 2)] == [700, 300]


def test_locks_differ_page_by_page_in_the_mails_words_of_v2() -> None:
    text = "region 1000 kvm nested=0.3\ntouch 0 1000\nsettle\nage\n"
    asked = {}
    for name in ("v2", "v2/code", "exact", "v4/code+kconfig"):
        events = ml.run(ml.Scenario(text), ml.Kernel.parse(name)).events
        of_aging = events.filter(event="secondary MMU asked", where="aging")
        asked[name] = dict(of_aging.select("lock", "count").iter_rows())
    assert asked == {
        "v2": {"none": 701, "write": 300},  # the guest's code is no nested guest's
        "v2/code": {"in vain": 1001},
        "exact": {"none": 701},
        "v4/code+kconfig": {"write": 1001},
    }


def test_without_a_share_the_whole_guest_is_nested_on_that_kind_of_host() -> None:
    text = "region 100 kvm\ntouch 0 100\nsettle\nage\n"
    made = ml.run(ml.Scenario(text), ml.Kernel(variant="exact", mmu="x86-tdp-nested"))
    assert made.events.filter(event="secondary MMU asked", where="aging").is_empty()
