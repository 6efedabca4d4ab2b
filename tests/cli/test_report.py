from pathlib import Path

import pytest

from tests.cli.called import call


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-p", "memry=0.5"), "unknown parameter memry; did you mean memory"),
        (("-p", "memory=half"), "parameter memory must be float, not 'half'"),
        (("-p", "memory"), "-p 'memory': allowed is NAME=VALUE"),
    ],
)
def test_a_wrong_parameter_is_refused_before_anything_runs(
    tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    shown = call("report", *words, "--out", tmp_path / "r.html")
    assert shown.exit_code == 2
    assert message in shown.output
    assert "cell" not in shown.output
    assert list(tmp_path.iterdir()) == []
