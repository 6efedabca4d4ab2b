"""The command `mglru-lab`, called with words."""

from click.testing import CliRunner, Result

from mglru_lab.cli.main import main


def call(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])
