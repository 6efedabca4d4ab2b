"""Folded answers: a notebook asks first, and the reader opens the answer."""

from IPython.display import Markdown


def answer(*said: str) -> Markdown:
    """The paragraphs, which may hold this run's numbers, behind a line to click. Markdown in."""
    inside = "\n\n".join(said)
    return Markdown(f"<details><summary>Answer</summary>\n\n{inside}\n\n</details>")
