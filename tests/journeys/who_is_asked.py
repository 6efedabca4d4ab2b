"""A person turns the controls of the decision notebook; the engine says what must be read."""

from typing import Any

from playwright.sync_api import Page, expect

import mglru_lab as ml
from mglru_lab.bench.jupyterlab import PATIENCE
from mglru_lab.lab.thread import decisions, story
from tests.jupyterlab import select


def go_on(page: Page) -> None:
    """Every control once; the sentence and the verdict follow."""

    def says(**kernel: Any) -> None:
        chosen = ml.Kernel(**kernel)
        body = page.locator("body")
        expect(body).to_contain_text(decisions.sentence(chosen), timeout=PATIENCE)
        verdict = f"{chosen.name}: {story.verdict(story.tell(chosen))}"
        expect(body).to_contain_text(verdict, timeout=PATIENCE)

    says(variant="proposed", enabled=0xF)
    select(page, "MMU", "arm64")
    says(variant="proposed", enabled=0xF, mmu="arm64")
    page.get_by_label("Kconfig set").check()
    says(variant="proposed", enabled=0xF, mmu="arm64", kconfig=True)
    page.get_by_label("0x8: ask").uncheck()
    says(variant="proposed", enabled=0x7, mmu="arm64", kconfig=True)
    select(page, "variant", "6.12")
    says(variant="6.12", enabled=0x7, mmu="arm64")
    expect(page.get_by_label("Kconfig set")).to_be_hidden()
    select(page, "look-around", "none")
    says(variant="6.12", enabled=0x7, mmu="arm64", look_around="none")
