import click
import pytest
from click.testing import CliRunner

from mglru_lab.cli.errors import OneLineErrors


@click.group(cls=OneLineErrors)
def group() -> None:
    """A group with one command, which fails."""


@group.command()
@click.argument("how")
def fail(how: str) -> None:
    """Fail."""
    if how == "click":
        raise click.ClickException("told by click")
    try:
        raise KeyError("the cause")
    except KeyError as error:
        raise RuntimeError("<b>broken</b>") from error


def test_an_error_is_one_line_that_says_how_to_see_more() -> None:
    shown = CliRunner().invoke(group, ["fail", "own"])
    assert shown.exit_code == 2
    assert shown.output.splitlines() == [
        "Error: RuntimeError: <b>broken</b> (mglru-lab --debug ... shows where)"
    ]


def test_with_debug_the_traceback_comes_first_cause_before_effect() -> None:
    shown = CliRunner().invoke(group, ["--debug", "fail", "own"])
    assert shown.exit_code == 2
    cause, effect = (shown.output.index(name) for name in ("KeyError: ", "RuntimeError: "))
    assert cause < effect
    assert shown.output.count("Traceback") == 2
    assert shown.output.splitlines()[-1] == "Error: RuntimeError: <b>broken</b>"


@pytest.mark.parametrize("words", [["fail", "click"], ["--debug", "fail", "click"]])
def test_what_click_says_keeps_its_own_exit_code(words: list[str]) -> None:
    shown = CliRunner().invoke(group, words)
    assert shown.exit_code == 1
    assert shown.output.endswith("Error: told by click\n")
