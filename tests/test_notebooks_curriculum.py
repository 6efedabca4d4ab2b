"""All notebooks ask first and explain their words; the new ones run with parameters changed."""

import re
from html import unescape

import nbformat
import pytest

import mglru_lab as ml
from mglru_lab.lab.price import stakes
from mglru_lab.lab.price.bills import PICK, Room, by_take, many
from mglru_lab.lab.run import page_by_page
from mglru_lab.lab.run.page_by_page import Memory
from mglru_lab.lab.thread import decisions, story
from mglru_lab.lab.thread.look_around_cases import CASES
from mglru_lab.scenario.film_scenarios import Shown
from mglru_lab.show.kit.glossary import WORDS
from mglru_lab.show.price import bills
from mglru_lab.show.report.html import to_html
from mglru_lab.show.run import film_answers, pages
from mglru_lab.show.thread import policy_prose, start_prose
from tests.executed import FOLDER, NAMES, executed, texts

ASIDE = {"provenance.table(provenance.versions())", "provenance.table(pressure.configuration())"}
"""Code that says what made the page, and answers nothing."""


def _cells(name: str) -> list[nbformat.NotebookNode]:
    cells: list[nbformat.NotebookNode] = nbformat.read(FOLDER / f"{name}.ipynb", 4).cells
    return cells


def _sections(name: str) -> dict[str, list[tuple[str, str]]]:
    """What each section holds, in order, by its heading: prose and code."""
    found: dict[str, list[tuple[str, str]]] = {}
    heading = ""
    for cell in _cells(name):
        if cell.cell_type == "code":
            found.setdefault(heading, []).append(("code", cell.source))
            continue
        for part in re.split(r"^(?=## )", cell.source, flags=re.MULTILINE):
            if part.startswith("## "):
                heading = part.partition("\n")[0]
            found.setdefault(heading, []).append(("prose", part))
    return found


def test_they_are_numbered_in_reading_order() -> None:
    assert [name[:2] for name in NAMES] == [f"{n:02}" for n in range(len(NAMES))]
    table = next(cell.source for cell in _cells("00_start") if "## The map" in cell.source)
    assert re.findall(r"^\| \[(\w+)\]\(\1\.ipynb\)", table, re.MULTILINE) == NAMES[1:]


@pytest.mark.parametrize("name", NAMES)
def test_every_section_asks_before_it_runs_and_folds_its_answer(name: str) -> None:
    asked = 0
    for heading, parts in _sections(name).items():
        running = [n for n, (kind, text) in enumerate(parts) if kind == "code"]
        running = [n for n in running if parts[n][1] not in ASIDE]
        if not heading or not running:
            continue
        before = "".join(text for _, text in parts[: running[0]])
        after = "".join(text for _, text in parts[running[0] :])
        assert re.search(r"^\*Predict:\*", before, re.MULTILINE), f"{name}: {heading} asks nothing"
        answered = r"\banswer\(|<summary>Answer</summary>|guesses\.\w+\(|exercise\.\w+\("
        assert re.search(answered, after), f"{name}: {heading}"
        asked += 1
    assert asked >= 2


@pytest.mark.parametrize("name", NAMES)
def test_prose_is_plain_and_leads_to_the_glossary(name: str) -> None:
    first, *others = (cell.source for cell in _cells(name) if cell.cell_type == "markdown")
    assert "[glossary](../docs/reference/glossary.md)" in first
    assert (FOLDER / "../docs/reference/glossary.md").is_file()
    assert not re.search(r"<(?!/?(details|summary)>)[^<>]*>", "\n".join([first, *others]))


@pytest.mark.parametrize("name", ["03_who_is_asked"])
def test_a_word_is_explained_where_it_first_appears_in_a_report(name: str) -> None:
    page = to_html(executed(name), name)
    marks = re.findall(r'<abbr class="mglru-lab-word" [^>]*title="([^"]*)">', page)
    said = [unescape(title) for title in marks]
    assert len(said) == len(set(said))
    prose = "\n".join(cell.source for cell in _cells(name) if cell.cell_type == "markdown")
    bare = re.sub(
        r"`[^`]*`|Multi-Gen LRU|^#.*$|\[[^]]*\]\([^)]*\)|<[^>]*>", "", prose, flags=re.MULTILINE
    )
    for word, sentence in WORDS.items():  # found here by other means than those that mark them
        if re.search(rf"\b{re.escape(word)}\b", bare):
            assert sentence in said, f"{word} is not explained"


@pytest.mark.parametrize("notebook", ["00_start"])
def test_the_start_page_says_what_two_kernels_do(notebook: str) -> None:
    shown = texts(executed(notebook))
    pair = [ml.Kernel(variant=name, mmu="arm64") for name in ("existing", "v7")]
    assert start_prose.smallest({one.name: story.tell(one) for one in pair}) in shown
    assert f"**v7** on arm64: does aging ask? {decisions.aging_words(pair[1], False)}." in shown
    assert "**proposed** on x86-shadow: does aging ask? no: the call would take mmu_lock" in shown


@pytest.mark.parametrize("notebook", ["01_bills"])
def test_the_game_is_about_the_room_that_is_asked_for(notebook: str) -> None:
    shown = texts(executed(notebook))
    room = Room(take=5, look=1.5, seed=9)
    assert bills.outcome(room, PICK) in shown
    assert bills.in_this_room(room) in shown
    assert bills.in_many_rooms(room, many(room, 50)) in shown
    assert bills.taking_more(by_take(room, 50)) in shown
    found = ml.threshold(CASES["share50"].scenario(ml.Kernel(variant="v2")), "v2")
    assert bills.with_pages(found) in shown


@pytest.mark.parametrize("notebook", ["02_generations"])
def test_generations_are_told_of_the_memory_that_is_asked_for(notebook: str) -> None:
    shown = texts(executed(notebook))
    pair = [ml.Kernel.parse(name, kvm="6.15") for name in ("existing", "v4+kconfig")]
    small = Memory(pages=48, used=12, late=0)
    told = small.tell(pair[1])
    assert pages.sinking(page_by_page.only_aged(48, 2, pair[1]), 2) in shown
    assert pages.aged(small, told) in shown
    assert "Eviction scanned 36 pages, took 36, and rescued 0" in shown
    assert "36 pages had to be read back" in shown
    names = ("existing", "v4+kconfig")
    by_guest = {n: small.by("guest").tell(one) for n, one in zip(names, pair, strict=True)}
    assert pages.who_reads(by_guest, small) in shown
    films = film_answers.beside(Shown(workload="mix", seed=3), *pair)
    assert film_answers.diverging(films, ml.Costs()) in shown


@pytest.mark.parametrize("notebook", ["09_your_policy"])
def test_a_policy_stands_beside_siblings_and_bounds(notebook: str) -> None:
    shown = texts(executed(notebook))
    on = {"kvm": "v4", "mmu": "arm64"}
    adaptive = ml.Kernel(variant=ml.adaptive(probe_every=2), **on)
    kernels = [ml.Kernel(variant=name, **on) for name in ("existing", "6.12")]
    scenario = CASES["share50"].scenario(kernels[1])
    refaults = {
        one.record.name: ml.run(scenario, one).end["pgmajfault"] for one in (*kernels, adaptive)
    }
    assert all(f"**{name}** {count:,} refaults" in shown for name, count in refaults.items())
    assert "Asks where no lock is taken" in shown  # the reader's own policy, as written
    assert "**mine** asks in" in shown
    table = stakes.beside_bounds(ml.compare(scenario, [*kernels, adaptive]))
    said = policy_prose.beside_bounds(table, ["existing", "6.12", "adaptive"])
    assert f"it happens, has {said.split('it happens, has ')[1].split(' times')[0]} times" in shown
