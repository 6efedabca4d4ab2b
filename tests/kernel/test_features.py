import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mglru_lab.kernel.features import ALL, Enabled, enabled_show, enabled_store

untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("y", 7), ("Y", 7), ("yes", 7), ("n", 0), ("N", 0), ("none", 0),
        ("0", 0), ("1", 1), ("6", 6), ("0x3", 3), ("0X5", 5), ("07", 7), ("+4", 4), ("3\n", 3),
    ],
)  # fmt: skip
def test_a_letter_or_a_number_switches_features(text: str, bits: int) -> None:
    assert enabled_store(text) == bits


@pytest.mark.parametrize(("text", "bits"), [("0xffff", 7), ("0x8", 0), ("15", 7), ("0xa", 2)])
def test_bits_that_no_feature_has_are_ignored(text: str, bits: int) -> None:
    assert enabled_store(text) == bits


def test_a_leading_zero_is_octal() -> None:
    assert enabled_store("013") == 0o13 & 7 == 3
    with pytest.raises(ValueError, match="'08'"):
        enabled_store("08")


@pytest.mark.parametrize("text", ["", "on", "true", "-1", "0x", "0xg", "7 7", "1.0"])
def test_what_the_kernel_answers_einval_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="EINVAL") as error:
        enabled_store(text)
    assert repr(text) in str(error.value)
    assert "allowed are y, n or a number" in str(error.value)


def test_bits_are_shown_as_four_hex_digits() -> None:
    assert enabled_show(ALL) == "0x0007"
    assert enabled_show(Enabled(0)) == "0x0000"


@untimed
@given(st.integers(0, 2**32 - 1))
def test_hex_octal_and_decimal_say_the_same(number: int) -> None:
    bits = {enabled_store(text) for text in (hex(number), f"0{number:o}", str(number))}
    assert bits == {number & 7}


@untimed
@given(st.sampled_from([Enabled(bits) for bits in range(8)]))
def test_what_is_shown_can_be_written_back(bits: Enabled) -> None:
    assert enabled_store(enabled_show(bits)) == bits


@untimed
@given(st.text())
def test_any_text_switches_features_or_is_a_value_error(text: str) -> None:
    try:
        bits = enabled_store(text)
    except ValueError:
        return
    assert bits in range(8)


@pytest.mark.parametrize(
    "text", ["1_0", "0b1", "0o7", "-0", " 7", "7\n\n", "\u0667", "4294967297", "0x100000001", "+"]
)
def test_numbers_that_the_kernel_does_not_read_are_einval(text: str) -> None:
    with pytest.raises(ValueError, match="EINVAL"):
        enabled_store(text)


@pytest.mark.parametrize("text", ["+07", "7\n", "0X7", "007", "0xffffffff"])
def test_numbers_that_the_kernel_reads_are_read(text: str) -> None:
    assert enabled_store(text) == 7
