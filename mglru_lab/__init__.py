"""mglru_lab: Linux's Multi-Gen LRU with a secondary MMU, to settle arguments by experiment.

Each name is imported when it is first used: Numba is not loaded before something runs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_FROM = {
    "Comparison": "lab.comparison",
    "Costs": "lab.costs",
    "Kernel": "kernel.kernel",
    "Lock": "kernel.mmu",
    "LookAround": "kernel.variants",
    "OwnPolicy": "kernel.own",
    "Run": "lab.run",
    "Scenario": "scenario.language",
    "Sweep": "lab.sweep",
    "Threshold": "lab.threshold",
    "adaptive": "lab.adaptive",
    "compare": "lab.comparison",
    "decision_table": "lab.decisions",
    "run": "lab.run",
    "sweep": "lab.sweep",
    "threshold": "lab.threshold",
}

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


def __getattr__(name: str) -> Any:
    """A public name's object, from the module that defines it."""
    if name not in _FROM:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_FROM[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
