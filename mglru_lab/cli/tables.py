"""Frames as plain text, for a terminal."""

import polars as pl


def text(frame: pl.DataFrame) -> str:
    """A frame as plain text, whole, for a terminal or a projector."""
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
