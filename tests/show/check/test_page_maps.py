from mglru_lab.show.check.page_maps import strips


def test_strips_have_a_run_a_rectangle() -> None:
    picture = strips({"a<b": "0011s", "model": "00000"}, "title")
    assert picture.count("<rect") == 4
    assert "a&lt;b" in picture
