"""Frames and paragraphs as plain text that fits a terminal."""

import shutil
import textwrap

import polars as pl

WIDTH = 100
"""Columns where there is no terminal, as in a pipe."""


def columns() -> int:
    """Columns of the terminal."""
    return max(shutil.get_terminal_size((WIDTH, 24)).columns, 40)


def text(frame: pl.DataFrame, keys: int = 1) -> str:
    """A frame as plain text, whole; where it is too wide, as several tables one below the other.

    Each of them begins with the first `keys` columns, and has as many of the others as fit. No
    word is cut: a column that does not fit by itself is as wide as it is.
    """
    names = frame.columns
    shared, rest = names[:keys], names[keys:]
    tables: list[str] = []
    while rest or not tables:
        count = len(rest)
        while count > 1 and _width(made := _text(frame.select(shared + rest[:count]))) > columns():
            count -= 1
        made = _text(frame.select(shared + rest[:count]))
        tables.append(made)
        rest = rest[count:]
    return "\n\n".join(tables)


def _width(table: str) -> int:
    return max(map(len, table.splitlines()), default=0)


def _text(frame: pl.DataFrame) -> str:
    with pl.Config(
        tbl_rows=-1,
        tbl_cols=-1,
        tbl_width_chars=1000,
        fmt_str_lengths=1000,
        tbl_formatting="ASCII_MARKDOWN",
        tbl_hide_dataframe_shape=True,
        tbl_hide_column_data_types=True,
        thousands_separator=",",
    ):
        return str(frame)


def paragraph(said: str, indent: str = "") -> str:
    """A paragraph in lines that fit; from the second line on indented."""
    made = textwrap.fill(
        said, columns(), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return made


def items(frame: pl.DataFrame) -> str:
    """One paragraph per row: its values but the last, by spaces, a colon, and the last one.

    For frames whose last column is a sentence.
    """
    lines = []
    for *head, last in frame.iter_rows():
        lines.append(paragraph(f"{' '.join(map(str, head))}: {last}", indent="    "))
    return "\n".join(lines)
