from click.testing import CliRunner

from mglru_lab.cli.main import main
from mglru_lab.recorder.kernels import TABLE


def test_the_list_has_a_line_per_kernel() -> None:
    shown = CliRunner().invoke(main, ["kernel", "list"])
    assert shown.exit_code == 0, shown.output
    first = shown.output.partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in first.splitlines()]
    assert rows[2:] == [[series.name, series.rules] for series in TABLE]
    assert max(map(len, shown.output.splitlines())) <= 100
