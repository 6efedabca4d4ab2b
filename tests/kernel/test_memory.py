import pytest

from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.lruvec import (
    NO_GEN,
    PG_ACTIVE,
    PG_REFERENCED,
    PG_WORKINGSET,
    PTE_NONE,
    PTE_PRESENT,
    PTE_SWAP,
    PTE_ZERO,
    SPTE_NONE,
    SPTE_READ_ONLY,
    SPTE_WRITABLE,
    Lruvec,
)
from mglru_lab.kernel.memory import guest_access, handle_mm_fault, kvm_page_fault, user_access
from mglru_lab.kernel.rules import Rules
from mglru_lab.lab.run.machine import Machine
from mglru_lab.policy.policy import Policy
from tests.kernel.small import POLICY_612, RULES_612, go_on, machine, on_lists, plain

KERNEL = (RULES_612, POLICY_612)


def test_a_write_maps_a_young_page_and_charges_it(empty: Machine) -> None:
    v = go_on(empty, "touch 5 6").v
    assert (Folios(v)[5].pte, Folios(v)[5].young) == (PTE_PRESENT, True)
    assert (v.stat.pgfault, v.lru.stock) == (1, 62)


def test_a_second_access_faults_no_more_but_sets_the_accessed_bits(one_old: Machine) -> None:
    v = one_old.v
    v.table.pmd_young = False
    faults = int(v.stat.pgfault)
    go_on(one_old, "rtouch 5 6")
    assert (v.stat.pgfault, Folios(v).young.sum(), Folios(v)[5].young) == (faults, 1, True)
    assert v.table[0].pmd_young


def test_reading_untouched_memory_maps_the_zero_page_which_is_on_no_list(empty: Machine) -> None:
    v = go_on(empty, "rtouch 5 6\nrtouch 5 6\nsettle").v
    assert (Folios(v)[5].pte, Folios(v)[5].gen) == (PTE_ZERO, NO_GEN)
    assert (v.stat.pgfault, v.lru.usage - v.lru.stock) == (1, 0)


def test_writing_where_the_zero_page_is_mapped_faults_again(empty: Machine) -> None:
    v = go_on(empty, "rtouch 5 6\ntouch 5 6\nsettle").v
    assert (Folios(v)[5].pte, Folios(v)[5].gen, v.stat.pgfault) == (PTE_PRESENT, 3, 2)
    assert v.lru.usage - v.lru.stock == 1


@pytest.mark.parametrize("touch", ["touch", "rtouch"])
def test_a_swapped_page_is_a_major_fault_and_young_again(half_swapped: Machine, touch: str) -> None:
    v = go_on(half_swapped, f"{touch} 5 6").v
    assert (v.stat.pgmajfault, v.stat.pswpin, v.stat.workingset_refault_anon) == (1, 1, 1)
    assert (Folios(v)[5].pte, Folios(v)[5].young, Folios(v)[5].gen) == (PTE_PRESENT, True, NO_GEN)


def test_the_page_is_charged_before_its_refault_is_judged_and_before_it_is_listed() -> None:
    v = on_lists()
    Folios(v)[5].pte = PTE_SWAP
    calls = []

    def charge(v: Lruvec, _rules: Rules, _policy: Policy) -> bool:
        calls.append((int(v.stat.workingset_refault_anon), int(v.cpu.add_count)))
        return len(calls) > 1

    fault = plain(handle_mm_fault, try_charge=charge)
    assert not fault(v, *KERNEL, 5, True)
    assert (Folios(v)[5].pte, v.stat.pgmajfault) == (PTE_SWAP, 0)
    assert fault(v, *KERNEL, 5, True)
    assert calls == [(0, 0), (0, 0)]
    assert (v.stat.workingset_refault_anon, v.cpu.add_count) == (1, 1)


def test_a_page_comes_back_without_the_flags_it_had_when_it_went() -> None:
    v = on_lists()
    v.lru.min_seq[:] = 1  # the refault is not recent
    Folios(v)[5].pte, Folios(v)[5].pg, Folios(v)[5].refs = (
        PTE_SWAP,
        PG_WORKINGSET | PG_REFERENCED,
        3,
    )
    assert plain(user_access)(v, *KERNEL, 5, True)
    assert (Folios(v)[5].pg, Folios(v)[5].refs) == (PG_ACTIVE, 0)


@pytest.mark.parametrize(("variant", "faults"), [("6.12", 1), ("6.1", 2)])
def test_a_page_swapped_in_by_a_read_is_writable_without_another_fault_on_6_12_only(
    variant: str, faults: int
) -> None:
    made = machine("region 512 anon\ntouch 0 512\nsettle\nage\nage\nage\nevict old", variant)
    before = int(made.v.stat.pgfault)
    go_on(made, "rtouch 5 6\ntouch 5 6\ntouch 5 6")
    assert made.v.stat.pgfault - before == faults
    assert made.v.stat.pgmajfault == 1


@pytest.mark.parametrize(
    ("write", "held", "in_cache"), [(True, 0, False), (True, 1, True), (False, 0, True)]
)
def test_a_page_still_in_the_swap_cache_is_no_major_fault_and_a_write_frees_its_slot(
    write: bool, held: int, in_cache: bool
) -> None:
    v = on_lists([], [5])
    Folios(v)[5].pte, Folios(v)[5].cached, Folios(v)[5].held = PTE_SWAP, True, held
    assert plain(handle_mm_fault)(v, *KERNEL, 5, write)
    assert (Folios(v)[5].pte, Folios(v)[5].young) == (PTE_PRESENT, True)
    assert Folios(v)[5].cached == in_cache
    assert (v.stat.pgfault, v.stat.pgmajfault, v.cpu.add_count) == (1, 0, 0)


def test_running_out_of_memory_leaves_the_page_absent() -> None:
    v = on_lists()
    v.cpu.limit = 0
    assert not plain(user_access)(v, *KERNEL, 5, True)
    assert (Folios(v)[5].pte, Folios(v)[5].young) == (PTE_NONE, False)


def test_a_guests_fault_marks_the_new_page_accessed_twice_while_it_waits(empty: Machine) -> None:
    v = machine("region 512 kvm\ntouch 5 6").v
    assert Folios(v)[5].pg == PG_ACTIVE | PG_REFERENCED | PG_WORKINGSET
    assert (Folios(v)[5].spte, Folios(v)[5].young) == (SPTE_WRITABLE, True)
    assert Folios(go_on(empty, "touch 5 6").v)[5].pg == PG_ACTIVE


def test_a_guests_fault_on_a_mapped_page_marks_it_once_and_makes_a_secondary_entry() -> None:
    v = machine("region 512 kvm\nutouch 5 6").v
    assert Folios(v)[5].spte == SPTE_NONE
    faults = int(v.stat.pgfault)
    assert plain(kvm_page_fault)(v, *KERNEL, 5, True)
    assert Folios(v)[5].pg == PG_ACTIVE | PG_REFERENCED | PG_WORKINGSET
    assert (Folios(v)[5].refs, Folios(v)[5].spte, v.stat.pgfault) == (0, SPTE_WRITABLE, faults)
    assert Folios(v)[5].spte_young


@pytest.mark.parametrize(("writable", "refs"), [(True, 0), (False, 1)])
def test_a_fault_on_a_referenced_page_marks_it_once_if_writable_else_twice(
    writable: bool, refs: int
) -> None:
    v = on_lists([5], guest=True)
    Folios(v)[5].pg, Folios(v)[5].writable = PG_REFERENCED, writable
    assert plain(kvm_page_fault)(v, *KERNEL, 5, False)
    assert (Folios(v)[5].pg, Folios(v)[5].refs) == (PG_REFERENCED | PG_WORKINGSET, refs)
    assert Folios(v)[5].spte == (SPTE_WRITABLE if writable else SPTE_READ_ONLY)


def test_a_write_to_a_page_mapped_read_only_makes_it_writable_and_young() -> None:
    v = on_lists([5])
    Folios(v)[5].writable = False
    assert plain(handle_mm_fault)(v, *KERNEL, 5, True)
    assert (Folios(v)[5].writable, Folios(v)[5].young, v.stat.pgfault) == (True, True, 1)
    assert (v.cpu.add_count, v.stat.pgmajfault) == (0, 0)


def test_a_guests_access_sets_the_accessed_bit_of_the_secondary_mmu_only(guest: Machine) -> None:
    v = guest.v
    Folios(v).young = Folios(v).spte_young = v.table.pmd_young = False
    go_on(guest, "touch 5 6")
    assert (Folios(v).young.sum(), v.table.pmd_young.sum()) == (0, 0)
    assert Folios(v).spte_young.nonzero()[0].tolist() == [5, v.lru.code_page]


def test_userspaces_access_to_guest_memory_sets_the_primary_accessed_bit_only(
    guest: Machine,
) -> None:
    v = guest.v
    Folios(v).young = Folios(v).spte_young = False
    go_on(guest, "utouch 5 6")
    assert (Folios(v).young.sum(), Folios(v).spte_young.sum()) == (1, 0)


def test_no_secondary_entry_is_made_if_guest_memory_was_unmapped_during_the_fault() -> None:
    v = on_lists(guest=True)

    def fault(v: Lruvec, _rules: Rules, _policy: Policy, page: int, _write: bool) -> bool:
        Folios(v)[page].pte = PTE_PRESENT
        v.lru.invalidate_seq += 1
        return True

    assert plain(kvm_page_fault, handle_mm_fault=fault)(v, *KERNEL, 5, True)
    assert (Folios(v)[5].spte, Folios(v)[5].spte_young) == (SPTE_NONE, False)


def test_the_guest_faults_until_its_page_and_its_code_are_mapped() -> None:
    v = on_lists(guest=True)
    v.lru.code_page = 400
    faults = []

    def fault(v: Lruvec, _rules: Rules, _policy: Policy, page: int, write: bool) -> bool:
        faults.append((page, write))
        Folios(v)[page].spte = SPTE_WRITABLE if len(faults) > 1 else SPTE_NONE
        return True

    assert plain(guest_access, kvm_page_fault=fault)(v, *KERNEL, 5, True)
    assert faults == [(400, False), (400, False), (5, True)]
    assert Folios(v).spte_young.nonzero()[0].tolist() == [5, 400]


def test_the_guest_reads_the_zero_page_and_writes_a_page_of_its_own() -> None:
    v = machine("region 512 kvm\nrtouch 5 6").v
    assert (Folios(v)[5].pte, Folios(v)[5].spte) == (PTE_ZERO, SPTE_READ_ONLY)
    unmapped = int(v.lru.invalidate_seq)
    assert plain(guest_access)(v, *KERNEL, 5, True)
    assert (Folios(v)[5].pte, Folios(v)[5].spte) == (PTE_PRESENT, SPTE_WRITABLE)
    assert v.lru.invalidate_seq == unmapped + 1


def test_the_guest_reads_through_a_read_only_entry_without_a_fault() -> None:
    made = machine("region 512 kvm\nrtouch 5 6")
    faults = int(made.v.stat.pgfault)
    Folios(made.v).spte_young = False
    go_on(made, "rtouch 5 6")
    assert (made.v.stat.pgfault, Folios(made.v)[5].spte_young) == (faults, True)


def test_a_guest_that_never_gets_code_and_data_at_once_is_out_of_memory() -> None:
    v = on_lists(guest=True)
    v.lru.code_page = 400

    def fault(v: Lruvec, _rules: Rules, _policy: Policy, page: int, _write: bool) -> bool:
        Folios(v).spte = SPTE_NONE
        Folios(v)[page].spte = SPTE_WRITABLE
        return True

    assert not plain(guest_access, kvm_page_fault=fault)(v, *KERNEL, 5, True)


@pytest.mark.parametrize(("variant", "written"), [("6.12", 511), ("6.1", 512)])
def test_a_zero_filled_page_goes_to_swap_and_back_without_io_on_6_12(
    variant: str, written: int
) -> None:
    # The guest writes the number of the page: page 0 is full of zeros. Its code page stays.
    made = machine("region 512 kvm\ntouch 0 512\nsettle\nage\nage\nage\nevict old", variant)
    go_on(made, "evict old\nage\nage\nevict old\nevict old\nevict old")
    stat, swapped = made.v.stat, Folios(made.v)[:512].pte == PTE_SWAP
    assert swapped.all()
    assert stat.pswpout - (stat.pgsteal - 512) == written
    go_on(made, "utouch 0 2")
    assert (stat.pgmajfault, stat.pswpin) == (2, 2 - (512 - written))
