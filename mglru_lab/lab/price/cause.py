"""Why two runs cost different amounts though every page was in the same place: the one cause."""

from mglru_lab.lab.price.costs import Costs, Counts
from mglru_lab.lab.price.prices import IN_WORDS

PLACES = {"aging": "walks", "look-around": "look-around windows", "eviction": "eviction"}


def only_cause(one: Counts, other: Counts, costs: Costs) -> str:
    """Why `one` costs another sum than `other`, of which every page is in the same place.

    The pages being the same, only calls can differ: how many there are, what they lock and flush.
    """
    items = one.keys() | other.keys()
    places = sorted(
        {where for where, name in items if one.get((where, name)) != other.get((where, name))}
    )
    said = [
        f"{_calls(one, where, costs)} by {PLACES.get(where, where)}, not "
        f"{_calls(other, where, costs)}"
        for where in places
    ]
    mine, theirs = costs.total(one), costs.total(other)
    if mine == theirs:
        return "the price is the same, too."
    if not said:
        return ""
    less = "less" if mine < theirs else "more"
    share = f"{abs(mine / theirs - 1):.1%} {less}" if theirs else f"{mine / 1e6:,.2f} ms more"
    return f"{share}, and that is {'; '.join(said)}."


def _calls(paid: Counts, where: str, costs: Costs) -> str:
    """Calls at one place by kind: how many, of what, at which price."""
    kinds = [
        f"{count:,} × {IN_WORDS[name]} ({costs.ns(name):,.0f} ns)"
        for (at, name), count in sorted(paid.items())
        if at == where and count and name.startswith(("lookup_", "batch_"))
    ]
    return " and ".join(kinds) or "no call"
