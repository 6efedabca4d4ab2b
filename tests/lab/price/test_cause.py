"""Of two runs with the same pages, what their prices differ by is named: calls, locks, flushes."""

import mglru_lab as ml
from mglru_lab.lab.price.cause import only_cause
from mglru_lab.lab.price.costs import counts

EVICT = ml.Scenario(
    "region 1024 kvm\ntouch 0 1024\nsettle\nage\nage\nage\ntouch 0 512\nevict old\nstat e\n"
)


def test_the_flush_is_named_with_its_count_and_its_price() -> None:
    flushing, not_so = (
        ml.run(EVICT, ml.Kernel.parse(name)) for name in ("existing~6.12", "existing~6.13")
    )
    assert flushing.pages == not_so.pages
    costs = ml.Costs()
    one, other = counts(not_so), counts(flushing)
    calls = other["eviction", "lookup_write_tlbflush"]
    said = only_cause(one, other, costs)
    share = 1 - costs.total(one) / costs.total(other)
    assert said.startswith(f"{share:.1%} less, and that is {calls:,} × a call with mmu_lock for")
    assert said.endswith(f"by eviction, not {calls:,} × a call that flushes TLBs (2,500 ns).")


def test_the_same_calls_have_the_same_price() -> None:
    paid = counts(ml.run(EVICT, ml.Kernel.parse("6.12")))
    assert only_cause(paid, paid, ml.Costs()) == "the price is the same, too."
