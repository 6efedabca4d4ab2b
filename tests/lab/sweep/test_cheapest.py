from pathlib import Path

import polars as pl
import pytest

import mglru_lab as ml
from mglru_lab.lab.sweep.cheapest import cheapest
from mglru_lab.lab.sweep.sweep import Sweep, sweep
from tests.lab.sweep.test_sweep import Here


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    grid = {"kernel": ["existing", "6.12", "6.15"], "memory": [0.3, 0.6], "pages": 256,
            "length": 2048, "seed": [1, 2]}  # fmt: skip
    folder: Path = tmp_path_factory.mktemp("cheapest")
    return sweep(grid, Here(), out=folder)


def mean(made: Sweep, costs: ml.Costs) -> dict[tuple[float, str], float]:
    """What runs cost on average, by memory and kernel."""
    frame = made.priced(costs).group_by("memory", "kernel").agg(pl.col("ms").mean()).collect()
    return {(memory, kernel): ms for memory, kernel, ms in frame.rows()}


def test_the_cheapest_is_the_least_of_what_the_sweep_costs(made: Sweep) -> None:
    costs = ml.Costs()
    paid = mean(made, costs)
    for memory, kernels, ms, low, high, _ in cheapest(made, costs).iter_rows():
        least = min(one for (at, _), one in paid.items() if at == memory)
        assert ms == pytest.approx(least)
        named = kernels.split(" and ")
        assert all(paid[memory, name] == pytest.approx(least) for name in named)
        assert low < ms < high


def test_whoever_is_the_cheapest_at_an_end_of_a_price_is_named(made: Sweep) -> None:
    costs = ml.Costs()
    turned = False
    for memory, kernels, *_, turns in cheapest(made, costs).iter_rows():
        for turn in turns:
            price, _, rest = turn.partition(" at ")
            ns, _, others = rest.partition(" ns: ")
            end = min(costs.bounds(price), key=lambda one: abs(one - float(ns.replace(",", ""))))
            paid = mean(made, costs.but(**{price: end}))
            least = min(one for (at, _), one in paid.items() if at == memory)
            assert others != kernels
            assert all(paid[memory, o] == pytest.approx(least) for o in others.split(" and "))
            turned = True
    assert turned  # existing and 6.12 are close here: the price of an rmap walk decides
