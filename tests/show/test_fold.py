from mglru_lab.show.fold import answer


def test_an_answer_is_folded_and_its_markdown_stays_markdown() -> None:
    text = answer("**a**", "- b").data
    assert text == "<details><summary>Answer</summary>\n\n**a**\n\n- b\n\n</details>"
