"""mglru_lab: Linux's Multi-Gen LRU with a secondary MMU, to settle arguments by experiment."""

from mglru_lab.kernel.kernel import Kernel
from mglru_lab.kernel.mmu import Lock
from mglru_lab.kernel.own import OwnPolicy
from mglru_lab.kernel.variants import LookAround
from mglru_lab.lab.adaptive import adaptive
from mglru_lab.lab.comparison import Comparison, compare
from mglru_lab.lab.costs import Costs
from mglru_lab.lab.decisions import decision_table
from mglru_lab.lab.run import Run, run
from mglru_lab.lab.sweep import Sweep, sweep
from mglru_lab.lab.threshold import Threshold, threshold
from mglru_lab.scenario.language import Scenario

__all__ = [
    "Comparison",
    "Costs",
    "Kernel",
    "Lock",
    "LookAround",
    "OwnPolicy",
    "Run",
    "Scenario",
    "Sweep",
    "Threshold",
    "adaptive",
    "compare",
    "decision_table",
    "run",
    "sweep",
    "threshold",
]
