import pytest

from mglru_lab.choose import choose


@pytest.mark.parametrize(
    ("value", "allowed", "message"),
    [
        ("v33", ["v3", "v4"], "variant 'v33' is unknown; did you mean v3? Allowed: v3, v4"),
        (9, [1, 2], "variant 9 is unknown. Allowed: 1, 2"),
        ("x", [], "variant 'x' is unknown. Allowed: none"),
    ],
)
def test_the_wrong_value_is_named_with_what_is_allowed(
    value: object, allowed: list[object], message: str
) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011
        choose("variant", value, allowed)
    assert str(error.value) == message


def test_what_is_allowed_passes() -> None:
    choose("variant", "v3", ["v3", "v4"])
