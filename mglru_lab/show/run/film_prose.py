"""What a film's two kernels do, and what came of it, in sentences. Markdown out."""

from collections.abc import Mapping

from mglru_lab.lab.price.cause import only_cause
from mglru_lab.lab.price.costs import Costs, counts
from mglru_lab.lab.run.film import Film
from mglru_lab.lab.thread import decisions
from mglru_lab.policy import comparable
from mglru_lab.policy.kernel import Kernel


def names(left: Kernel, right: Kernel) -> list[str]:
    """The two kernels' names; with their MMU and bits where only these tell them apart."""
    if left.name != right.name:
        return comparable.names([left, right])
    name, _ = comparable.names([left, right])
    if left.mmu != right.mmu:
        return [f"{name} on {kernel.mmu}" for kernel in (left, right)]
    if left.enabled != right.enabled:
        return [f"{name}, enabled 0x{kernel.enabled:x}" for kernel in (left, right)]
    return [f"{name} ({side})" for side in ("left", "right")]


def decision(kernels: Mapping[str, Kernel]) -> str:
    """Above a film: who is asked when, one line per side."""
    return "".join(
        f"- {side}, 0x{int(kernel.enabled):x} written to `enabled`: {decisions.sentence(kernel)}\n"
        for side, kernel in kernels.items()
    )


def verdict(films: Mapping[str, Film], costs: Costs) -> str:
    """Above a film: what came of it, and at what price; further lines of the same list."""
    (left, base), (right, other) = films.items()
    said = []
    for counter, what in (
        ("pgmajfault", "refaults"),
        ("pgscan", "scanned"),
        ("pgsteal", "swapped out"),
    ):
        ours, theirs = other.total(counter), base.total(counter)
        said.append(f"{what} {ours:,} ({theirs:,})")
    first, last = (costs.total(counts(film.run)) / 1e6 for film in films.values())
    if base.same_pages(other):
        cause = only_cause(counts(other.run), counts(base.run), costs)
        return (
            f"- pages at the end, the same on both after each step: {', '.join(said)}\n"
            f"- priced (swap to {costs.swap}): {last:,.2f} ms ({first:,.2f} ms); same pages, "
            f"{cause}\n"
        )
    return (
        f"- pages at the end, **{right}** (in brackets: **{left}**): {', '.join(said)}\n"
        f"- priced (swap to {costs.swap}, looking, locks): {last:,.2f} ms ({first:,.2f} ms), "
        f"{_priced(first, last)}\n"
    )


def _priced(first: float, last: float) -> str:
    if first == last:
        return "no difference"
    if not first:
        return f"{last:,.2f} ms more"
    change = 100 * (last / first - 1)
    return f"{abs(change):.1f} % {'more' if change > 0 else 'less'}"
