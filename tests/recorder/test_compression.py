import bz2
import gzip
import lzma

import pytest

from mglru_lab.recorder.compression import packed_with, unpacked
from mglru_lab.recorder.tools import RecorderError

DATA = bytes(range(256)) * 40
PACKED = {
    "gzip": gzip.compress(DATA),
    "xz": lzma.compress(DATA),
    "lzma": lzma.compress(DATA, lzma.FORMAT_ALONE),
    "bzip2": bz2.compress(DATA),
}


@pytest.mark.parametrize("form", PACKED)
def test_what_is_packed_is_unpacked_whatever_comes_behind_it(form: str) -> None:
    assert packed_with(PACKED[form]) == form
    assert unpacked(PACKED[form] + b"behind") == DATA


def test_what_is_not_packed_stays() -> None:
    assert packed_with(DATA) == ""
    assert unpacked(DATA) == DATA


@pytest.mark.parametrize("form", ["gzip", "xz", "bzip2"])
def test_damage_is_named_with_the_form(form: str) -> None:
    damaged = PACKED[form][:20] + bytes(30) + PACKED[form][50:]
    with pytest.raises(RecorderError, match=f"damaged {form} data"):
        unpacked(damaged)


@pytest.mark.parametrize(("magic", "form"), [(b"\x02\x21\x4c\x18", "lz4"), (b"\x89LZO", "lzo")])
def test_a_form_that_is_not_read_says_so(magic: bytes, form: str) -> None:
    with pytest.raises(RecorderError, match=f"{form} is not read here"):
        unpacked(magic + DATA)
