import io
import random
from dataclasses import replace

import polars as pl
import pytest

import mglru_lab as ml
from mglru_lab.lab.sweep.cell import Cell, evaluate, outcome, unpacked
from mglru_lab.lab.sweep.grid import Grid
from mglru_lab.scenario.workloads import workload

SMALL = {"pages": 256, "length": 256, "workload": "mix", "kernel": ["existing", "6.12"]}


def test_a_row_is_the_counters_of_the_run_and_how_often_each_price_is_paid() -> None:
    cell = Grid.of(SMALL).cells[1]
    values, row = dict(cell.values), outcome(cell)
    made = workload("mix", 256, 256, int(values["seed"]))
    limit = round(float(values["memory"]) * (made.host + made.guest))
    text = f"sysctl vm/swappiness {values['swappiness']}\n{made.text(limit)}"
    named = {f"{made.name}.u32": made.entries.astype("uint32")}
    kernel = ml.Kernel(variant="6.12", enabled=str(values["enabled"]))
    own = ml.run(ml.Scenario(text), kernel, entries=named).end
    assert {name: row[name] for name in own} == own
    assert any("/" in name for name in row)


def test_an_answer_unpacks_to_a_file_with_the_key_and_the_parameters() -> None:
    cell = Grid.of(SMALL).cells[0]
    frame = pl.read_parquet(io.BytesIO(unpacked(evaluate(cell))))
    assert frame.height == 1
    assert frame.row(0, named=True).items() >= {"key": cell.key, **dict(cell.values)}.items()


def test_a_worker_with_other_code_computes_nothing() -> None:
    cell = Grid.of(SMALL).cells[0]
    with pytest.raises(RuntimeError, match="other code"):
        evaluate(Cell(cell.values, cell.text, cell.traces, "0123456789abcdef"))


def test_an_answer_goes_into_a_pipe_in_one_piece() -> None:
    """Of more than 16,384 bytes the first few would go alone, and who reads them waits for more."""
    cell = Grid.of(SMALL).cells[0]
    long_error = replace(cell, text=random.Random(3).randbytes(2000).hex())
    named = replace(long_error, values=(*cell.values, ("scenario", "x.scn")))
    for one, least in (cell, 4000), (named, 1000):
        assert least < len(evaluate(one)) < 12_000
