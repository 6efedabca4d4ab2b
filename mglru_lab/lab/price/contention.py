"""What locks cost when many vCPUs fault: a queueing model of mmu_lock with an ager beside them.

Each vCPU faults page after page under mmu_lock for read. A fault takes `fault` alone, and one vCPU
more makes every fault wait for `serial`: its part of what faults do one at a time, in the kernel at
large. An ager walks the populated pages, `page` each, and for every empty page's place `empty`.
Where it locks, it queues for mmu_lock behind the vCPUs that are in there, which is a share of all
vCPUs, and each leaves only after it has fetched the lock's cache line, for which all of them
compete (a lock that does not scale): N vCPUs with a fault every T make it wait `drain` * N * N / T.
Faults that come meanwhile wait behind it, half of that on average. With a shadow MMU faults take
the lock for write, one by one, and the ager waits for its turn: all vCPUs' faults, or T.
"""

from dataclasses import astuple, dataclass, fields
from math import log
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

PAGES_PER_VCPU = 262144
"""Of access_tracking_perf_test -b 1G."""
FAR_FROM = 56
"""vCPUs beyond which walking costs more: the published passes jump between 32 and 64."""


@dataclass(frozen=True, kw_only=True)
class Contention:
    """The model's parameters: one measured elsewhere, six fitted (`calibration.fit`)."""

    page_ns: float = 107.0
    """A populated page in a pass: its entry and a call without a lock. Measured in another table
    (notifiers.csv); the published passes alone cannot tell it from `empty_ns`."""
    fault_us: float = 3.51
    """A vCPU's fault with no other vCPU."""
    serial_us: float = 0.306
    """What one more vCPU adds to each fault."""
    empty_ns: float = 1.612
    """A page of address space that is not populated."""
    drain_us_ns: float = 42.87
    """A vCPU's time under the lock, in microseconds, times a cache line's transfer, in ns."""
    far: float = 2.705
    """Factor on `page_ns` beyond FAR_FROM vCPUs; a second socket would explain it."""
    disturbed: float = 0.01366
    """What a lockless ager adds to each fault, as a share: caches and memory bandwidth."""

    def vector(self) -> npt.NDArray[np.float64]:
        """Logarithms of the fitted parameters."""
        logarithms: npt.NDArray[np.float64] = np.log(np.array(astuple(self)[1:]))
        return logarithms

    @classmethod
    def of(cls, vector: npt.NDArray[np.float64]) -> Self:
        """The model of such a vector."""
        names = [field.name for field in fields(cls)][1:]
        return cls(**dict(zip(names, np.exp(vector).tolist(), strict=True)))

    def fault(self, vcpus: int) -> float:
        """Microseconds a fault without an ager."""
        return self.fault_us + self.serial_us * (vcpus - 1)

    def page(self, vcpus: int) -> float:
        """Nanoseconds a populated page without a lock."""
        return self.page_ns * (self.far if vcpus > FAR_FROM else 1)

    def locked(self, vcpus: int, fault_us: float | None = None, shadow: bool = False) -> "Locked":
        """What an ager that locks for each page waits and makes wait.

        `fault_us`: how often each vCPU faults, if not as fast as it can. `shadow`: faults take the
        lock for write.
        """
        alone = self.fault(vcpus) if fault_us is None else fault_us
        if shadow:
            return Locked(alone * 1000, alone + self.page(vcpus) / 1000, self.page(vcpus) * vcpus)
        alone *= 1 + self.disturbed
        delay = wait = 0.0
        for _ in range(60):  # a fixed point: slower faults leave the lock free more often
            wait = self.drain_us_ns * vcpus**2 / (alone + delay)
            share = wait / (wait + self.page(vcpus))  # of the time that the ager waits
            delay = share * wait / 2 / 1000
        return Locked(wait, alone + delay, wait**2 / 2 * vcpus / (alone + delay) / 1000)

    def predict(self, vcpus: int, aging: str) -> tuple[float, float | None]:
        """Seconds until all vCPUs have populated their memory, and of a pass on average.

        `aging`: none, locked or lockless.
        """
        scale = PAGES_PER_VCPU * 1e-6
        if aging == "none":
            return self.fault(vcpus) * scale, None
        idle = busy = self.page(vcpus)
        if aging == "locked":
            queue = self.locked(vcpus)
            wall, busy = queue.fault_us * scale, busy + queue.wait_ns
        else:
            wall = self.fault(vcpus) * (1 + self.disturbed) * scale
        return wall, self.average_pass(wall, vcpus * PAGES_PER_VCPU, busy, idle)

    def average_pass(self, wall: float, pages: int, busy: float, idle: float) -> float:
        """Seconds of a pass on average, one after another until the memory is populated.

        Population grows evenly to `pages` during `wall` seconds; a page costs `busy` ns until
        then, `idle` after. A pass goes over all memory at the speed that its population allows; the
        first begins when vCPUs have run for as long as one over empty memory takes.
        """
        full, empty = busy * pages * 1e-9, self.empty_ns * pages * 1e-9
        rate = full / wall
        first = min(empty, wall / 2)
        grown = log((rate * wall + empty) / (rate * first + empty)) / rate
        ended = int(grown)  # passes that ended before; each took exp(rate) times its predecessor
        unwalked = 1 - (grown - ended)
        end = wall + unwalked * (idle + self.empty_ns) * pages * 1e-9
        return (end - first) / (ended + 1)


class Locked(NamedTuple):
    """What a lock does to both sides."""

    wait_ns: float
    """The ager's, a call."""
    fault_us: float
    """A fault, all waiting included."""
    vcpus_wait_ns: float
    """What all vCPUs together lose, a call."""
