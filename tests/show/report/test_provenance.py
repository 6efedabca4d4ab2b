import platform
import subprocess

import polars as pl
import pytest

from mglru_lab.show.report import provenance


def test_versions_and_revision_are_named() -> None:
    rows = dict(provenance.versions().iter_rows())
    assert rows["Python"] == platform.python_version()
    assert set(provenance.PACKAGES) < set(rows)
    assert rows["revision"]


def test_without_git_the_revision_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise FileNotFoundError("git")

    monkeypatch.setattr(subprocess, "run", missing)
    assert dict(provenance.versions().iter_rows())["revision"] == "unknown: not a git checkout"


def test_a_table_escapes_text_and_separates_thousands() -> None:
    frame = pl.DataFrame({"what": ["<script>alert(1)</script>"], "pages": [1234567]})
    page = provenance.table(frame).data
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "1,234,567" in page


def test_heads_stand_over_their_columns() -> None:
    frame = pl.DataFrame({"what": ["a"], "pages": [1], "times": [0.5]})
    page = provenance.table(frame).data
    assert '<th style="text-align:left">what</th>' in page
    for name, shown in (("pages", "1"), ("times", "0.5")):
        assert f'<th style="text-align:right">{name}</th>' in page
        assert f'<td style="text-align:right">{shown}</td>' in page
