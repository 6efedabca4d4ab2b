import subprocess
import sys

import pytest

import mglru_lab as ml


def test_numba_is_not_loaded_before_something_runs():
    code = (
        "import sys, mglru_lab as ml\n"
        "ml.Kernel(variant='v4')\n"
        "ml.Scenario('region 8 anon'), ml.decision_table, ml.OwnPolicy, ml.LookAround\n"
        "assert 'numba' not in sys.modules\n"
        "ml.run\n"
        "assert 'numba' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_public_name_is_there_and_no_other():
    assert sorted(ml.__all__) == sorted(ml._FROM)
    for name in ml.__all__:
        assert getattr(ml, name).__name__ == name
        assert name in dir(ml)
    with pytest.raises(AttributeError, match="no attribute 'ran'"):
        _ = ml.ran
