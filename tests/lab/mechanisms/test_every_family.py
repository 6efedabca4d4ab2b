"""One scenario on every family of kernels."""

import mglru_lab as ml
from mglru_lab.kernel.rules import FAMILIES
from mglru_lab.lab.mechanisms.every_family import COUNTERS, over_families, saved_by

TEXT = "region 256 anon\nregion 256 kvm\nlimit 200\ntouch 0 256\ngtouch 0 256\ntouch 0 256\n"


def test_each_family_is_run_as_it_was_released() -> None:
    frame = over_families(ml.Scenario(TEXT))
    assert frame["kernel"].unique(maintain_order=True).to_list() == list(FAMILIES)
    for kernel in ("6.1", "7.3"):
        end = ml.run(ml.Scenario(TEXT), ml.Kernel.parse(kernel)).end
        of = dict(frame.filter(kernel=kernel).select("counter", "value").iter_rows())
        assert of == {what: end[COUNTERS[what]] for what in of}
        assert of["pages swapped in"] > 0


def test_what_none_of_them_does_is_left_out() -> None:
    frame = over_families(ml.Scenario("region 64 anon\ntouch 0 64\nstat end\n"), ["6.12", "7.3"])
    assert frame.is_empty()
    asked = over_families(ml.Scenario("region 64 kvm\ntouch 0 64\nsettle\nage\nstat end\n"))
    of = dict(asked.filter(counter="asked while aging").select("kernel", "value").iter_rows())
    assert of["6.1"] == 0
    assert of["7.3"] == 65


def test_what_asking_saves_stands_side_by_side_and_sums_to_the_difference() -> None:
    scenario = ml.Scenario("region 1024 kvm\nlimit 512\ntouch 0 1024\ntouch 0 1024\nstat end\n")
    found = {rules: ml.threshold(scenario, rules=rules) for rules in ("6.12", "7.3")}
    frame = saved_by(found)
    assert frame.columns == ["part", "ms saved on 6.12", "ms saved on 7.3"]
    for rules, one in found.items():
        assert abs(frame[f"ms saved on {rules}"].sum() - one.difference / 1e6) < 0.1
