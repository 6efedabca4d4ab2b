import math

import pytest

import mglru_lab as ml
from mglru_lab.lab.price.threshold import Threshold
from mglru_lab.lab.price.verdict import verdict
from mglru_lab.show.price import panel as price_panels
from mglru_lab.show.price import prose
from tests.show.kit.test_panel import said


@pytest.fixture(scope="module")
def found() -> Threshold:
    text = "region 4096 kvm\ntouch 0 4096\nsettle\nage\nage\nage\ntouch 0 4096\nevict all 200 512\n"
    return ml.threshold(ml.Scenario(text + "stat e\n"), "6.12", kvm="6.12")


def test_a_slider_changes_the_answer_and_nothing_runs_again(
    found: Threshold, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = price_panels.prices(found)
    assert prose.threshold(found) in said(panel)

    def forbidden(*_: object) -> None:
        raise AssertionError("a run")

    monkeypatch.setattr("mglru_lab.lab.price.threshold.run", forbidden)
    panel.controls["lookup_write_tlbflush"].value = 100.0
    now = found.at(price_panels.costs_of(panel.values, found.costs))
    assert verdict(now) != verdict(found)
    assert prose.threshold(now) in said(panel)
    panel.controls["swap"].value = "nvme"
    panel.wait()
    assert "swapping_to(&#x27;nvme&#x27;)" in panel.notes.value


def test_sliders_stand_where_the_prices_are(found: Threshold) -> None:
    panel = price_panels.prices(found)
    for name in price_panels.SLIDERS:
        slider, price = panel.controls[name], found.costs.ns(name)
        assert slider.value == pytest.approx(price)
        steps = (math.log10(price) - slider.min) / slider.step
        assert steps == pytest.approx(round(steps)), "a browser rounds to a step"


def test_sliders_that_nobody_moved_leave_every_range_as_it_is(found: Threshold) -> None:
    panel = price_panels.prices(found)
    at = found.at(price_panels.costs_of(panel.values, found.costs))
    assert at.interval == found.interval
    assert at.levers.equals(found.levers)


def test_a_price_that_nothing_here_is_paid_by_is_greyed(found: Threshold) -> None:
    panel = price_panels.prices(ml.threshold(ml.Scenario("region 64 anon\ntouch 0 64\nstat e\n")))
    panel.wait()
    assert all(panel.controls[name].disabled for name in price_panels.SLIDERS)
    here = price_panels.prices(found)
    here.wait()
    assert not here.controls["lookup_write_tlbflush"].disabled
