"""States small enough to reason about by hand, and single kernel functions to run on them."""

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

import mglru_lab as ml
from mglru_lab.kernel.folios import Folios
from mglru_lab.kernel.lruvec import (
    LRU_GEN_ANON,
    MAX_NR_GENS,
    PTE_PRESENT,
    Lruvec,
    Region,
    new_lruvec,
)
from mglru_lab.kernel.mm_inline import list_add_tail, list_head
from mglru_lab.lab.run.commands import play
from mglru_lab.lab.run.machine import Machine

RULES_61, POLICY_61 = ml.Kernel(variant="6.1").engine()
RULES_612, POLICY_612 = ml.Kernel(variant="6.12").engine()


def machine(text: str, variant: str = "6.12", **kernel: Any) -> Machine:
    """The machine after the scenario `text`."""
    made = Machine(ml.Scenario(text), ml.Kernel(variant=variant, **kernel))
    return play(made)


def go_on(made: Machine, text: str) -> Machine:
    """The same machine after some more commands; its regions are those that it has."""
    regions = [command for command in made.commands if command.name == "region"]
    lines = [" ".join(map(str, ("region", *command.args))) for command in regions]
    more = ml.Scenario("\n".join([*lines, text])).commands()[len(regions) :]
    made.commands = more
    play(made)
    made.commands = (*regions, *more)
    return made


def plain(function: Callable[..., Any], **instead: Any) -> Callable[..., Any]:
    """`function` and all that it calls as Python; `instead` replaces functions by their name."""
    modules: dict[int, dict[str, Any]] = {}
    replaced = set()

    def python(value: Any) -> Any:
        value = getattr(value, "py_func", value)
        if isinstance(value, FunctionType) and value.__module__.startswith("mglru_lab.kernel."):
            return FunctionType(value.__code__, names(value.__globals__), value.__name__)
        return value

    def names(module: dict[str, Any]) -> dict[str, Any]:
        if id(module) not in modules:
            ours = modules[id(module)] = dict(module)
            ours.update({name: python(value) for name, value in module.items()})
            ours.update({name: value for name, value in instead.items() if name in module})
            replaced.update(instead.keys() & module.keys())
        return modules[id(module)]

    made: Callable[..., Any] = python(function)
    assert replaced == instead.keys()
    return made


def on_lists(*generations: Sequence[int], pages: int = 512, guest: bool = False) -> Lruvec:
    """A fresh lruvec (sequences 0 to 3) with these pages on its lists, each from head to tail."""
    v = new_lruvec([Region(pages, guest)], enabled=7)
    for gen, listed in enumerate(generations):
        for page in listed:
            Folios(v)[page].gen = gen
            Folios(v)[page].pte = PTE_PRESENT
            Folios(v)[page].writable = True
            v.lru.nr_pages[gen, 0] += 1
            v.lru.usage += 1
            v.cpu.usage += 1
            plain(list_add_tail)(v, page, gen)
    return v


def listed(v: Lruvec, seq: int) -> list[int]:
    """The pages on the list of generation `seq`, from its head to its tail."""
    head = list_head(v, seq % MAX_NR_GENS, LRU_GEN_ANON)
    pages, page = [], int(v.folio.next[head])
    while page != head:
        pages.append(page)
        page = int(v.folio.next[page])
    return pages


def seq_of(v: Lruvec, page: int) -> int:
    """The generation of a page, as a sequence number."""
    return int(v.lru.max_seq - (v.lru.max_seq - Folios(v)[page].gen) % MAX_NR_GENS)
