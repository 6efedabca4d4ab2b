"""mglru_lab: Linux's Multi-Gen LRU with a secondary MMU, to settle arguments by experiment.

Each name is imported when it is first used: Numba is not loaded before something runs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mglru_lab.lab.check.record import record
    from mglru_lab.lab.price.costs import Costs
    from mglru_lab.lab.price.threshold import Threshold, threshold
    from mglru_lab.lab.run.comparison import Comparison, compare
    from mglru_lab.lab.run.run import Run, run
    from mglru_lab.lab.sweep.sweep import Sweep, sweep
    from mglru_lab.lab.thread.adaptive import adaptive
    from mglru_lab.lab.thread.decisions import decision_table
    from mglru_lab.lab.truth.recordings import Recording
    from mglru_lab.policy.kernel import Kernel
    from mglru_lab.policy.mmu import Lock
    from mglru_lab.policy.own_policy import OwnPolicy
    from mglru_lab.policy.variants import LookAround
    from mglru_lab.scenario.language import Scenario

__version__ = "0.2.0"

_FROM = {
    "Comparison": "lab.run.comparison",
    "Costs": "lab.price.costs",
    "Kernel": "policy.kernel",
    "Lock": "policy.mmu",
    "LookAround": "policy.variants",
    "OwnPolicy": "policy.own_policy",
    "Recording": "lab.truth.recordings",
    "Run": "lab.run.run",
    "Scenario": "scenario.language",
    "Sweep": "lab.sweep.sweep",
    "Threshold": "lab.price.threshold",
    "adaptive": "lab.thread.adaptive",
    "compare": "lab.run.comparison",
    "decision_table": "lab.thread.decisions",
    "record": "lab.check.record",
    "run": "lab.run.run",
    "sweep": "lab.sweep.sweep",
    "threshold": "lab.price.threshold",
}

__all__ = [
    "Comparison",
    "Costs",
    "Kernel",
    "Lock",
    "LookAround",
    "OwnPolicy",
    "Recording",
    "Run",
    "Scenario",
    "Sweep",
    "Threshold",
    "adaptive",
    "compare",
    "decision_table",
    "record",
    "run",
    "sweep",
    "threshold",
]


def __getattr__(name: str) -> Any:
    """A public name's object, from the module that defines it."""
    if name not in _FROM:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_FROM[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
