"""A 6.12 built with a runtime switch for the thread's choices, as it was recorded."""

from mglru_lab.policy.decision import Situation, policy
from mglru_lab.policy.mmu import DEFAULT_MMU, MMUS, Lock
from mglru_lab.policy.policy import Policy
from mglru_lab.policy.variants import VARIANTS, LookAround

SWITCH = "lru_gen_ask"


def switched(bits: int, mm_walk: bool = True) -> Policy:
    """The policy that `knob lru_gen_ask N` sets; without 0x2 (`mm_walk`) no walk asks.

    Bits: 1 the walk asks, 2 look-around's window asks, 4 a page young in either MMU starts
    look-around (else one young in the primary), 8 look-around never runs in an mm with notifiers,
    16 while the walk asks, 0x4 skips nothing in any mm (v4; else only in an mm with notifiers).
    """
    if not 0 <= bits < 32:
        raise ValueError(f"{SWITCH} {bits}: allowed are 0 to 31")
    looks = LookAround(
        if_secondary_young="yes" if bits & 4 else "no",
        window="secondary" if bits & 2 else "primary",
        in_vm=not bits & 8,
    )
    variant = VARIANTS["6.12" if bits & 1 else "existing", "code"]
    made = policy(variant, Situation(MMUS[DEFAULT_MMU], mm_walk=mm_walk), looks)
    return made._replace(
        eviction=(int(Lock.NONE), int(Lock.WRITE), int(Lock.WRITE)),  # the switched kernel's KVM
        nonleaf_skips_others=int(bits & 17 != 17),
    )
