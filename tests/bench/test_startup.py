from mglru_lab.bench import startup


def test_a_run_takes_longer_than_the_imports_and_pythons_end_comes_on_top() -> None:
    found = startup.measure(quick=True)
    assert 0 < found["import_numpy_polars"] < found["import_and_first_run"]
    assert found["import_and_first_run"] < found["import_first_run_and_end"] * 1.5
    assert "first_compile_and_run" not in found
