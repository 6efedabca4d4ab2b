"""Make the tables of docs/reference/ from the code, between their marks: `make reference`."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from mglru_lab.cli.main import main as command_line
from mglru_lab.lab.price import costs, prices
from mglru_lab.lab.run.run import EVENTS
from mglru_lab.policy.kvm import EXISTING
from mglru_lab.policy.mmu import MMUS
from mglru_lab.policy.variants import LOOK_AROUND, VARIANTS, LookAround

FOLDER = Path(__file__).parent / "reference"
MARKED = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- /made -->\n)", re.DOTALL)


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown; text is escaped where it would end a cell."""
    cells = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    lines = [heads, ["---"] * len(heads), *cells]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def variants() -> str:
    """Who asks when, where it was posted, and what it depends on."""
    needs = {"required": "needs the Kconfig", "forces": "the Kconfig forces it everywhere"}
    rows = [
        (
            f"`{v.name}`",
            v.reading if v.name in ("v2", "v3", "v4") else "",
            v.in_words,
            "; ".join(filter(None, [needs.get(v.kconfig, ""), "needs bit 0x8" * v.needs_bit])),
            v.source,
        )
        for v in VARIANTS.values()
    ]
    return table(["variant", "reading", "when aging asks", "depends on", "source"], rows)


def mmus() -> str:
    """What each kind of secondary MMU is."""
    rows = []
    for name, mmu in MMUS.items():
        has = "the TDP MMU maps guest memory" if mmu.tdp else "shadow page tables map guest memory"
        words = [has] if mmu.arch == "x86" else []
        words += ["a nested guest runs"] * mmu.nested_live
        words += ["a nested guest ran earlier"] * (
            mmu.tdp and mmu.has_rmaps and not mmu.nested_live
        )
        words += ["its entries have no accessed bits"] * (not mmu.accessed_bits)
        lock = "spinlock" if mmu.exclusive.name == "EXCLUSIVE" else "rwlock"
        words += ["asked since KVM 7.2"] * (not EXISTING.notifies(mmu))
        rows.append((f"`{name}`", mmu.arch, "; ".join(words) or "-", lock))
    return table(["mmu", "architecture", "what it is", "mmu_lock"], rows)


def look_around() -> str:
    """What starts each rule, and what its window reads."""
    starts = {
        "no": "the primary MMU",
        "lockless": "the primary MMU, or KVM if that call took no lock",
        "yes": "the primary MMU or KVM",
    }
    reads = {
        "none": "nothing",
        "primary": "primary bits",
        "secondary-if-fast": "primary bits; KVM's by fast calls, in batches",
        "secondary": "primary bits; KVM's, whatever lock that takes",
    }

    def row(name: str, rule: LookAround) -> tuple[str, ...]:
        vm = "yes" if rule.in_vm else "no"
        return f"`{name}`", starts[rule.if_secondary_young], reads[rule.window], vm

    heads = ["rule", "starts at a page young in", "its window reads", "in a process with a VM"]
    return table(heads, (row(*item) for item in LOOK_AROUND.items()))


def _priced(items: Iterable[tuple[str, prices.Price]]) -> str:
    rows = [
        (f"`{name}`", f"{one.ns:,.0f}", f"{one.low:,.0f} to {one.high:,.0f}", one.source)
        for name, one in items
    ]
    return table(["price", "ns", "range", "where it comes from"], rows)


def swap() -> str:
    """The prices of each device."""
    named = ((f"{device}: {n}", p) for device, both in prices.SWAP.items() for n, p in both.items())
    return _priced(named)


def events() -> str:
    """Every event with its place, its price, or why it has none."""
    asked = [
        ("secondary MMU asked", "aging, eviction, look-around", "part of the call"),
        ("notifier call", "the same", "`lookup_*`, by its lock"),
    ]
    rows = [
        (event, where, f"`{costs.EVENTS[event]}`")
        if event in costs.EVENTS
        else (event, where, f"none: {prices.UNPRICED[event]}")
        for event, where in dict.fromkeys(EVENTS.values())
    ]
    return table(["event", "where", "price"], [*rows, *asked])


def _commands(
    command: click.Command, names: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _commands(inner, (*names, name))
    else:
        yield names, command


def commands() -> str:
    """Each command: usage, what it does, its options."""
    text = []
    for names, command in sorted(_commands(command_line, ())):
        context = click.Context(command, info_name=" ".join(("mglru-lab", *names)))
        usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
        text.append(f"\n## {' '.join(names)}\n\n    {usage}\n\n{_prose(command.help or '')}\n")
        records = [p.get_help_record(context) for p in command.params]
        rows = [(f"`{record[0]}`", record[1]) for record in records if record and record[1]]
        text.append(f"\n{table(['option', 'what it does'], rows)}" if rows else "")
    return "".join(text)


def _prose(text: str) -> str:
    """A docstring's paragraphs, a line each."""
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))


MADE = {
    "variants": variants,
    "mmus": mmus,
    "look_around": look_around,
    "prices": lambda: _priced(prices.PRICES.items()),
    "swap": swap,
    "unpriced": lambda: table(["event", "why"], prices.UNPRICED.items()),
    "events": events,
    "commands": commands,
}
"""What is made, by the name in the marks."""


def pages() -> dict[Path, str]:
    """Every page with marks, as it should be."""
    made = {}
    for path in sorted(FOLDER.glob("*.md")):
        text = path.read_text(encoding="utf-8")
        if MARKED.search(text):
            made[path] = MARKED.sub(lambda m: m[1] + MADE[m[2]]() + m[3], text)
    return made


def main() -> None:
    """Write them."""
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
