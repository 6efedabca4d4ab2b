from pathlib import Path

import pytest

from mglru_lab.paths import DATA, NOTEBOOKS, cache_folder


def test_the_cache_is_the_users_and_need_not_exist(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "none"))
    assert cache_folder() == tmp_path / "none" / "mglru_lab"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "mglru_lab"
    assert list(tmp_path.iterdir()) == []


def test_data_and_notebooks_are_there() -> None:
    assert (DATA / "host_sample").is_dir()
    assert list(NOTEBOOKS.glob("*.ipynb"))
