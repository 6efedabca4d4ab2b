from typing import Any

import pytest
from IPython.display import HTML, Markdown

from mglru_lab.progress import IN_REPORT
from mglru_lab.show.kit import predict as guesses
from mglru_lab.show.kit.predict import Asked, Guess, number


def said(asked: Asked) -> str:
    return " ".join(str(out["data"]) for out in asked.output.outputs)


def test_nothing_is_computed_or_shown_before_a_guess() -> None:
    asked_for: list[int] = []

    def truth() -> float:
        asked_for.append(1)
        return 512

    asked = Asked(Guess("How many?", truth, unit="pages").then("Because.", HTML("<b>chart</b>")))
    assert asked.compare.disabled
    assert said(asked) == ""
    assert asked_for == []
    asked.field.value = "a few"
    assert asked.compare.disabled
    assert "no number" in asked.hint.value
    asked.field.value = "1,024"
    assert not asked.compare.disabled
    assert said(asked) == ""
    asked.compare.click()
    assert "Your guess: 1,024 pages. **No: it is 512 pages.**" in said(asked)
    assert "Because." in said(asked)
    assert "<b>chart</b>" in said(asked)
    asked.field.value = "512"
    asked.compare.click()
    assert "**Right.**" in said(asked)


def test_a_choice_is_not_made_beforehand() -> None:
    asked = Asked(Guess("Who pays?", "the host", choices=["the host", "the guest"]))
    assert asked.field.value is None
    assert asked.compare.disabled
    asked.field.value = "the guest"
    asked.compare.click()
    assert "Your guess: the guest. **It is: the host.**" in said(asked)


def test_the_truth_is_shown_to_whoever_does_not_guess() -> None:
    asked = Asked(Guess("How many?", 3))
    asked.skip.click()
    assert "**3.**" in said(asked)


@pytest.mark.parametrize(("guess", "word"), [(100, "Right"), (109, "Close"), (150, "No")])
def test_a_number_is_right_close_or_not(guess: float, word: str) -> None:
    assert word in Guess("How many?", 100).judged(guess)


def test_pages_are_a_set_of_numbers() -> None:
    asked = Asked(Guess("Which go?", (3, 7), of_pages=True))
    for text in ("x", "3 x"):
        asked.field.value = text
        assert asked.compare.disabled
    asked.field.value = "7, 3 3"
    asked.compare.click()
    assert "Your guess: pages 3, 7. **Right.**" in said(asked)
    asked.field.value = "none"
    asked.compare.click()
    assert "Your guess: no page. **It is: pages 3, 7.**" in said(asked)


def test_a_truth_that_is_no_choice_is_an_error() -> None:
    with pytest.raises(ValueError, match="none of the choices"):
        _ = Guess("Which?", "c", choices=["a", "b"]).truth


@pytest.mark.parametrize(
    ("text", "value"), [("512", 512), (" 1,024 ", 1024), ("-0.5", -0.5), ("50 %", 50)]
)
def test_numbers_are_read_as_people_write_them(text: str, value: float) -> None:
    assert number(text) == value


@pytest.mark.parametrize("text", ["", "x", "1.2.3", "1e", "--1"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no number"):
        number(text)


def test_a_report_asks_folds_the_answer_and_then_shows_the_pictures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[Any] = []
    monkeypatch.setenv(IN_REPORT, "yes")
    monkeypatch.setattr(guesses, "display", shown.append)
    made = Guess("Who pays?", "the host", choices=["the host", "the guest"])
    made.then(HTML("<b>chart</b>"), "Because.")._ipython_display_()
    question, fold, chart = shown
    assert isinstance(question, Markdown)
    assert "Who pays? (the host; the guest)" in question.data
    assert "<summary>Answer</summary>" in fold.data
    assert "**the host.**" in fold.data
    assert "Because." in fold.data
    assert chart.data == "<b>chart</b>"


def test_a_question_cannot_bring_html() -> None:
    asked = Asked(Guess("Is `<b>` *bold* <i>?", 1))
    question = asked.widget.children[0].children[0].value
    assert "<code>&lt;b&gt;</code> <i>bold</i> &lt;i&gt;" in question
