"""The machine after a scenario, for tests of what it is made of."""

import mglru_lab as ml
from mglru_lab.lab.run.commands import play
from mglru_lab.lab.run.machine import Machine
from mglru_lab.lab.run.unrecorded import Unrecorded


def machine(text: str, variant: str = "6.12", **unrecorded: object) -> Machine:
    """The machine after the scenario `text`, in a run of which `unrecorded` is known."""
    made = Machine(
        ml.Scenario(text),
        ml.Kernel(variant=variant),
        unrecorded=Unrecorded(**unrecorded),  # type: ignore[arg-type]
    )
    return play(made)
