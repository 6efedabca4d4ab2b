"""mglru_lab: Linux's Multi-Gen LRU with a secondary MMU, to settle arguments by experiment."""

from mglru_lab.kernel.kernel import Kernel
from mglru_lab.lab.run import Run, run
from mglru_lab.scenario.language import Scenario

__all__ = ["Kernel", "Run", "Scenario", "run"]
