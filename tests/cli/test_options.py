import json
from typing import Any

import click
import pytest
from click.testing import CliRunner

from mglru_lab.cli.options import decision_options


@click.command()
@decision_options
def shown(**values: Any) -> None:
    """Say what was given."""
    click.echo(json.dumps(values))


def given(*words: str) -> dict[str, Any]:
    result = CliRunner().invoke(shown, list(words))
    assert result.exit_code == 0, result.output
    values: dict[str, Any] = json.loads(result.output)
    return values


def test_names_come_by_commas_and_by_repeating_the_option() -> None:
    assert given("--variant", "v3, v4", "--variant", "6.12")["variants"] == ["v3", "v4", "6.12"]
    assert given() == {
        "variants": [], "mmus": [], "reading": None, "kconfig": None, "enabled": None
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "value"),
    [(["--kconfig"], True), (["--kconfig", "y"], True), (["--kconfig", "n"], False)],
)
def test_a_kconfig_is_y_or_n_and_y_without_a_value(words: list[str], value: bool) -> None:
    assert given(*words)["kconfig"] is value


def test_bits_are_read_as_the_kernels_file_reads_them() -> None:
    assert [given("--enabled", text)["enabled"] for text in ("0xf", "7", "n")] == [15, 7, 0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--variant", "v3,v99"], "variant 'v99' is unknown"),
        (["--mmu", "x86"], "mmu 'x86' is unknown"),
        (["--kconfig", "maybe"], "'maybe': allowed are y and n"),
        (["--enabled", "maybe"], "maybe"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(words: list[str], message: str) -> None:
    result = CliRunner().invoke(shown, words)
    assert result.exit_code == 2
    assert message in result.output
