"""Which rule makes two kernels differ: the rules that differ, exchanged one at a time.

Both ways, since rules act together: the newer kernel with one rule of the older, and the older with
one of the newer. A rule that explains a difference takes most of it away in the first column; one
that suffices brings it about in the second.
"""

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from mglru_lab.choose import choose
from mglru_lab.kernel.invariants import InvariantError
from mglru_lab.kernel.rules import RULES, Rules
from mglru_lab.lab.run.run import run
from mglru_lab.policy.kernel import Kernel
from mglru_lab.scenario.language import Scenario
from mglru_lab.scenario.traces.entries import Entries

ALL = "all of them"
"""The row of the kernels themselves."""
TOGETHER = (("tier_gain", "tier_margin"),)
"""Fields that are one rule: a proportion."""


def differing(older: str, newer: str) -> list[tuple[str, ...]]:
    """The rules in which two families differ, in the table's order; each is a field or several."""
    fields = [
        field
        for field in Rules._fields
        if getattr(RULES[older], field) != getattr(RULES[newer], field)
    ]
    whole = [next((both for both in TOGETHER if field in both), (field,)) for field in fields]
    return list(dict.fromkeys(whole))


def attribute(
    scenario: Scenario,
    older: str = "6.12",
    newer: Kernel | str = "7.3",
    counter: str = "pgmajfault",
    entries: Mapping[str, Entries] | None = None,
) -> pl.DataFrame:
    """A counter at the scenario's end while one rule is exchanged: one row per rule.

    Columns: rule; newer_without, the counter on the newer kernel with the older's rule; older_with,
    on the older one with the newer's; explained, the share of the difference that newer_without
    takes away. First comes the row of the kernels as they are, then what explains most. A count is
    null where the exchange leads to a state that contradicts itself. All run with the policy, KVM
    and host of `newer`; `older` is a release or a family of rules. Raises ValueError for a kernel
    or counter that is unknown.
    """
    kernel = Kernel.parse(newer) if isinstance(newer, str) else newer
    old, new = replace(kernel, rules=older).rules, kernel.rules

    def count(rules: str, changed: dict[str, int]) -> int | None:
        made = replace(kernel, rules=rules, changed=tuple(changed.items()))
        try:
            end = run(scenario, made, entries=entries).end
        except InvariantError:
            return None
        choose("counter", counter, list(end))
        return end[counter]

    before, after = count(old, {}), count(new, {})
    rows: list[tuple[str, int | None, int | None, float | None]] = []
    for fields in differing(old, new):
        theirs, ours = ({f: int(getattr(RULES[r], f)) for f in fields} for r in (old, new))
        without, share = count(new, theirs), None
        if None not in (before, after, without) and after != before:
            share = (after - without) / (after - before)  # type: ignore[operator]
        rows.append((" and ".join(fields), without, count(old, ours), share))
    rows.sort(key=lambda row: -(row[3] if row[3] is not None else float("-inf")))
    rows.insert(0, (ALL, before, after, None))
    return pl.DataFrame(
        rows,
        ["rule", "newer_without", "older_with", "explained"],
        orient="row",
        infer_schema_length=None,
    )


def most(table: pl.DataFrame, rules: int = 5) -> pl.DataFrame:
    """The kernels as they are and the rules that explain most, `explained` in percent, as text."""
    percent = (100 * pl.col("explained")).round(0).cast(pl.Int64)
    return table.head(1 + rules).with_columns(explained=pl.format("{} %", percent).fill_null(""))
