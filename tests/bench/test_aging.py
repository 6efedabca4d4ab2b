import pytest

from mglru_lab.bench import aging


def test_a_pass_walks_every_page_and_finds_the_young_ones() -> None:
    found = aging.one(10**5)
    assert found["walked"] == 1
    assert found["young"] == pytest.approx(aging.YOUNG, rel=0.1)
    assert found["seconds"] > 0


def test_a_size_without_memory_is_left_out_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aging, "available", lambda: 0)
    assert aging.measure(quick=True)["left_out"] == list(aging.QUICK)
