from pathlib import Path

from mglru_lab.cli.main import main
from tests.cli.called import call

MODULES = Path(__file__).parents[2] / "mglru_lab" / "cli"


def test_every_module_with_a_command_is_in_the_command() -> None:
    """A module that defines commands is one that `main` has at least one from."""
    there = {command.callback.__module__.rpartition(".")[2] for command in main.commands.values()}  # type: ignore[union-attr]
    defines = {path.stem for path in MODULES.glob("*.py") if "@click.command" in path.read_text()}
    assert defines - {"main"} <= there


def test_a_command_that_is_not_there_is_refused_and_the_help_names_all() -> None:
    assert call("nothing").exit_code == 2
    shown = call("--help").output
    assert all(f"  {name} " in shown for name in main.commands)
