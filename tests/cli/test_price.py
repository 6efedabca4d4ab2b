import csv
import io
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import mglru_lab as ml
from mglru_lab.cli.main import main
from mglru_lab.lab.price import verdict
from mglru_lab.lab.price.advise import advise, in_words
from mglru_lab.lab.price.costs import Costs
from mglru_lab.scenario.generators import zipf


def call(*args: object) -> Result:
    return CliRunner().invoke(main, list(map(str, args)))


def test_prices_prints_each_with_range_and_source() -> None:
    result = call("prices", "--swap", "nvme", "--csv")
    assert result.exit_code == 0
    rows = {row["price"]: row for row in csv.DictReader(io.StringIO(result.output))}
    assert rows.keys() == Costs(swap="nvme").prices.keys()
    assert float(rows["swap_in"]["ns"]) == 90_000
    assert "notifiers.csv" in rows["lookup_none"]["source"]


def test_prices_of_contended_locks_and_given_ones() -> None:
    output = call("prices", "--vcpus", 32, "--price", "rmap=123").output
    assert f"{Costs().contended(32).prices['lookup_write'].ns:,.0f} ns" in output
    assert "123 ns" in output


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--price", "rmap"], "allowed is NAME=NANOSECONDS"),
        (["--price", "rmpa=3"], "did you mean rmap"),
        (["--price", "rmap=-3"], "price rmap"),
        (["--vcpus", "-1"], "-1 is not in the range"),
        (["--vcpus", "2", "--fault-us", "0"], "fault_us 0: allowed is above 0"),
        (["--swap", "tape"], "'tape' is not one of"),
    ],
)
def test_a_wrong_price_ends_with_2(args: list[str], says: str) -> None:
    result = call("prices", *args)
    assert result.exit_code == 2
    assert says in result.output


@pytest.mark.slow
def test_contention_prints_every_published_time() -> None:
    output = call("contention").output
    assert output.count(" wall ") + output.count(" pass ") >= 40
    assert "| wall | 0.05  | 0.065 | 0.259 |" in output
    assert "shadow MMU (v8)" in output


SCENARIO = (
    "region 4096 kvm\ntouch 0 4096\nsettle\nage\nage\nage\n"
    "touch 0 4096\nevict all 200 512\nstat end\n"
)


def test_threshold_says_what_the_library_says(tmp_path: Path) -> None:
    file = tmp_path / "a.scn"
    file.write_text(SCENARIO)
    result = call("threshold", file, "--swap", "nvme", "--asks", "6.12")
    assert result.exit_code == 0
    found = ml.threshold(ml.Scenario(SCENARIO), "6.12", costs=Costs(swap="nvme"))
    assert verdict.in_words(found) in " ".join(result.output.split())
    assert max(map(len, result.output.splitlines())) <= 100


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--asks", "v9"], "variant 'v9' is unknown"),
        (["--instead", "existing@6.1"], "allowed are the same"),
        (["--price", "x=1"], "price 'x' is unknown"),
    ],
)
def test_a_wrong_threshold_ends_with_2(tmp_path: Path, args: list[str], says: str) -> None:
    file = tmp_path / "a.scn"
    file.write_text(SCENARIO)
    result = call("threshold", file, *args)
    assert result.exit_code == 2
    assert says in result.output


@pytest.mark.slow
def test_advise_prints_the_advice(tmp_path: Path) -> None:
    trace = tmp_path / "own.u32"
    trace.write_bytes(zipf(1024, 8192, 1, 1.0).astype("<u4").tobytes())
    result = call("advise", "--trace", trace, "--memory", 0.6, "--vcpus", 4)
    assert result.exit_code == 0
    found = advise(costs=Costs.on_host(vcpus=4), trace=str(trace), memory=0.6)
    assert in_words(found) in " ".join(result.output.split())
    assert call("advise", "--trace", "nothing").exit_code == 2
