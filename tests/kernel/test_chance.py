from mglru_lab.kernel.chance import COLUMNS, FLIPS, NOT_SEEN, RECLAIM, WALKED, chance


def test_a_table_has_as_many_rows_as_the_longest_of_what_is_told() -> None:
    table = chance(flipped_walks=[5, 2], seen_walks=[True, False], freed_slab=[(66, 8, 2)])
    assert table[:, FLIPS].tolist() == [0, 0, 1, 0, 0, 1]
    assert table[:, WALKED].tolist() == [1, 0] + [NOT_SEEN] * 4
    assert table[:2, RECLAIM:].tolist() == [[66, 8, 2], [0, 0, 0]]


def test_without_anything_told_there_is_no_row() -> None:
    assert chance().shape == (0, COLUMNS)
