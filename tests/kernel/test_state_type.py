from typing import Any, cast

import numba

from mglru_lab.kernel.classic import flush_stats
from mglru_lab.kernel.lruvec import Region, new_lruvec
from mglru_lab.kernel.mm_inline import of_memcg
from mglru_lab.policy.kernel import Kernel
from tests.kernel.small import plain

LONGEST = 200


def test_a_compiled_functions_name_does_not_spell_out_the_state() -> None:
    v = new_lruvec([Region(100)], 7)
    flush_stats(v)
    (compiled,) = cast(Any, flush_stats).overloads.values()
    assert len(compiled.fndesc.mangled_name) < LONGEST < len(numba.typeof(v).plain.name)


def test_states_with_other_arrays_are_types_with_other_names() -> None:
    v = new_lruvec([Region(100)], 7)
    one, other = numba.typeof(v), numba.typeof(v._replace(chosen=v.chosen.astype(int)))
    assert one != other
    assert one.mangling_args != other.mangling_args
    assert one == numba.typeof(new_lruvec([Region(5)], 1))


def test_each_call_sees_the_rules_policy_and_state_that_it_is_given() -> None:
    """What compiled code takes for unchanging is so during one call, not beyond it."""

    @numba.njit(forceinline=True)
    def read(v: Any, rules: Any, policy: Any) -> tuple[int, int, int, int]:
        return rules.batch, rules.stock_slots, policy.window[1], v.pte.size

    for family, variant, pages in (("6.1", "existing", 100), ("7.3", "v3", 600), ("6.1", "v3", 5)):
        rules, policy = Kernel(variant=variant, rules=family).engine()
        v = new_lruvec([Region(pages)], 7)
        expected = (rules.batch, rules.stock_slots, policy.window[1], v.pte.size)
        assert read(v, rules, policy) == expected


def test_another_memcgs_state_is_the_same_but_for_its_own_record() -> None:
    v = new_lruvec([Region(100), Region(100, memcg=1)], 7)

    @numba.njit
    def seen(v: Any, memcg: int) -> tuple[int, int, int]:
        its = of_memcg(v, memcg)
        its.lru.usage += 5
        return its.lru.memcg, its.lrus.size, its.pte.size

    for memcg in (0, 1):
        assert seen(v, memcg) == (memcg, 2, v.pte.size)
        assert plain(of_memcg)(v, memcg).lru.memcg == memcg
    assert v.lrus.usage.tolist() == [5, 5]
