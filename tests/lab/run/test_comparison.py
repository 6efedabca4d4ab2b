import polars as pl
import pytest

import mglru_lab as ml
from mglru_lab.lab.run.comparison import MATTERS

EVICT = ml.Scenario(
    "region 1024 kvm\ntouch 0 1024\nsettle\nage\nage\nage\ntouch 0 512\nage\ndump young\n"
    "evict old\ndump end\n"
)


@pytest.fixture(scope="module")
def result() -> ml.Comparison:
    return ml.compare(EVICT, ["existing", ml.Kernel(variant="6.12"), "6.15"], releases=True)


def test_runs_are_those_of_each_kernel_alone(result: ml.Comparison) -> None:
    assert result.names == ["existing", "6.12", "6.15"]
    for name in result.names:
        alone = ml.run(EVICT, ml.Kernel.parse(name))
        assert result.runs[name].counters("end") == alone.counters("end")


def test_counters_that_differ_come_first_in_the_order_of_what_matters(
    result: ml.Comparison,
) -> None:
    frame = result.counters
    differing = frame.filter("differs")["counter"].to_list()
    assert frame["differs"].to_list() == sorted(frame["differs"], reverse=True)
    assert differing[:3] == [c for c in MATTERS if c in differing][:3]
    row = frame.filter(counter="pgsteal").row(0, named=True)
    assert (row["existing"], row["6.12"], row["6.15"]) == (0, 512, 512)
    same = frame.filter(counter="accesses").row(0, named=True)
    assert not same["differs"]


def test_events_stand_side_by_side_by_lock(result: ml.Comparison) -> None:
    asked = result.events.filter(event="secondary MMU asked", where="aging")
    assert dict(zip(asked["lock"], asked["6.12"], strict=True)) == {"write": 4 * 1025, "none": 0}
    assert dict(zip(asked["lock"], asked["6.15"], strict=True)) == {"write": 0, "none": 4 * 1025}
    assert asked["existing"].sum() == 0


def test_maps_count_the_pages_that_are_elsewhere(result: ml.Comparison) -> None:
    maps = result.maps.filter(dump="end")
    assert dict(maps.select("kernel", "differing").iter_rows()) == {
        "existing": 0, "6.12": 1024, "6.15": 1024,  # half rescued too far up, half not evicted
    }  # fmt: skip
    assert set(maps["pages"]) == {1024}


def test_generations_have_a_row_per_kernel_and_dump(result: ml.Comparison) -> None:
    sizes = result.generations.filter(pl.col("dump") == "young", pl.col("kernel") == "6.12")
    assert sizes["pages"].sum() == 1025


def test_a_bit_without_effect_is_pointed_out() -> None:
    text = ml.Scenario("enabled 7\nregion 64 kvm\ntouch 0 64\nstat end\n")
    frame = ml.compare(text, ["6.12", "proposed", "v4"]).switched
    notes = dict(frame.select("kernel", "note").iter_rows())
    assert notes["6.12"] == ""
    assert "0x8 has no effect" in notes["proposed"]
    assert frame["reads"].to_list() == ["0x0007"] * 3


@pytest.mark.parametrize(
    ("kernels", "message"),
    [
        ([], "kernels is empty"),
        (["v4", "v4/mail"], "v4 is there twice"),
        (["v9"], "variant 'v9' is unknown"),
    ],
)
def test_what_cannot_be_compared_is_refused(kernels: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ml.compare(EVICT, kernels)


def test_a_scenario_without_labels_ends_with_one() -> None:
    result = ml.compare(ml.Scenario("region 64 anon\ntouch 0 64\n"), ["existing", "6.12"])
    assert list(result.runs["6.12"].snapshots) == ["end"]
    assert result.counters.filter(counter="pgfault").row(0)[1:3] == (64, 64)
    assert result.maps.is_empty()
    assert not result.events.is_empty()


def test_policies_are_compared_on_the_same_rules_and_kvm_code_unless_releases_are() -> None:
    policies = ml.compare(EVICT, ["6.1", "6.12"])
    assert policies.compared == "Policies on the same rules (6.12) and KVM code (6.15)."
    assert policies.names == ["6.1", "6.12"]
    releases = ml.compare(EVICT, ["6.1", "6.12"], releases=True)
    assert releases.compared.startswith("Releases, not policies alone: policy, rules and KVM code")
    own = [made.kernel.rules for made in releases.runs.values()]
    assert own == ["6.1", "6.12"]


def test_kvms_code_alone_moves_no_page() -> None:
    result = ml.compare(EVICT, ["existing~6.12", "existing~6.13", "existing~6.15", "6.12"])
    assert result.same_pages == ["existing~6.13", "existing~6.15"]
    assert ml.compare(EVICT, ["existing", "proposed"], mmu="x86-shadow", kvm="v4").same_pages == [
        "proposed"
    ]
