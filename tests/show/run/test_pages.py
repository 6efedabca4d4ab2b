import mglru_lab as ml
from mglru_lab.lab.run.page_by_page import Memory, only_aged, spans, until
from mglru_lab.show.run import pages

KERNEL = ml.Kernel(variant="6.12")


def test_the_strips_show_where_pages_are() -> None:
    frame = spans(Memory(pages=10, used=4).tell(KERNEL), until("used"), "userspace")
    spec = pages.strips(frame, "Title").to_dict()
    (rows,) = spec["datasets"].values()
    last = [(row["first"], row["end"], row["place"]) for row in rows][-2:]
    assert last == [(0, 4, "1 behind"), (4, 10, "2 behind")]


def test_answers_have_the_runs_numbers() -> None:
    memory = Memory(pages=40, used=30, late=2)
    told = memory.tell(KERNEL)
    assert "The walk found 30 of the 30 used pages young" in pages.aged(memory, told)
    said = pages.evicted(told)
    assert "scanned 10 pages, took 8, and rescued 2" in said
    assert "It looked up 9 of the 10 one by one" in said
    assert "that saved 1 look-ups" in said  # look-around found the second one
    assert "8 pages had to be read back" in pages.returned(memory, told)


def test_agings_beyond_four_generations_are_explained_only_where_they_happen() -> None:
    assert "after 2 agings it is 2 behind." in pages.sinking(only_aged(8, 2, KERNEL), 2)
    assert "merges" not in pages.sinking(only_aged(8, 2, KERNEL), 2)
    assert "merges the two oldest" in pages.sinking(only_aged(8, 5, KERNEL), 5)


def test_a_guest_is_told_of_kernel_by_kernel() -> None:
    memory = Memory(pages=16, used=4, late=0)
    kernels = [ml.Kernel(variant=name) for name in ("existing", "6.12")]
    said = pages.who_reads({k.name: memory.by("guest").tell(k) for k in kernels}, memory)
    assert "**existing**: youngest: 16 after the eviction" in said
    assert "asked 0 times by aging, 17 by eviction" in said
    assert "**6.12**: 2 behind: 4, swapped out: 12" in said
