"""Pictures of what people see, kept in MGLRU_LAB_SCREENSHOTS, with a page to leaf through."""

import os
from html import escape
from pathlib import Path

from playwright.sync_api import Page

from mglru_lab.files import whole

_TALLEST = 16_000  # pixels; chromium repeats what lies below 16,384
_END = """() => {
  const cells = document.querySelectorAll(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell");
  const outer = document.querySelector(
    ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-WindowedPanel-outer");
  outer.scrollTop = 0;
  return Math.ceil(cells[cells.length - 1].getBoundingClientRect().bottom);
}"""
_PAGE = """<!DOCTYPE html><meta charset="utf-8"><title>What people see</title>
<style>body {{ font: 16px system-ui, sans-serif; margin: 1rem; }} img {{ max-width: 100%;
border: 1px solid #999; }} section {{ margin-bottom: 3rem; }}</style>
<h1>What people see</h1><ul>{contents}</ul>{pictures}"""


def shots() -> Path | None:
    """The folder for pictures, or None where nobody wants them."""
    wanted = os.environ.get("MGLRU_LAB_SCREENSHOTS")
    return Path(wanted).absolute() if wanted else None


def keep_report(page: Page, name: str) -> None:
    """A report, whole, on a small and on a large screen."""
    if folder := shots():
        for width in (1280, 1920):
            page.set_viewport_size({"width": width, "height": 1000})
            page.wait_for_timeout(200)  # a picture of a layout in between is of no use
            _keep(page, folder / f"report-{name}-{width}.png")


def keep_notebook(page: Page, name: str) -> None:
    """A notebook in JupyterLab, whole, on a large screen, in the light theme and in the dark."""
    if not (folder := shots()):
        return
    _make_room(page)
    for theme in ("Light", "Dark"):
        use_theme(page, theme)
        _keep(page, folder / f"notebook-{name}-{theme.lower()}.png")


def keep_screen(page: Page, name: str) -> None:
    """The window as it is, no more than what is in view."""
    if folder := shots():
        _keep(page, folder / f"screen-{name}.png", whole_page=False)


def _make_room(page: Page) -> None:
    """A window as high as the notebook: what is out of view is not laid out before."""
    height = 0
    for _ in range(5):
        wanted = min(max(page.evaluate(_END) + 60, 600), _TALLEST)
        if wanted == height:
            return
        height = wanted
        page.set_viewport_size({"width": 1920, "height": height})
        page.wait_for_timeout(500)


def use_theme(page: Page, theme: str) -> None:
    """Change JupyterLab's theme: Light or Dark."""
    command = {"theme": f"JupyterLab {theme}"}
    page.evaluate("(theme) => jupyterapp.commands.execute('apputils:change-theme', theme)", command)
    light = "true" if theme == "Light" else "false"
    page.locator(f"body[data-jp-theme-light={light}]").wait_for(state="attached")
    page.locator("#jupyterlab-splash").wait_for(state="detached")  # it veils the change


def _keep(page: Page, file: Path, whole_page: bool = True) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=file, full_page=whole_page)
    names = sorted(escape(made.name, quote=True) for made in file.parent.glob("*.png"))
    contents = "".join(f'<li><a href="#{name}">{name}</a>' for name in names)
    pictures = "".join(
        f'<section id="{name}"><h2>{name}</h2><a href="{name}"><img src="{name}" loading="lazy" '
        f'alt="{name}"></a></section>'
        for name in names
    )
    with whole(file.parent / "index.html") as part:
        part.write_text(_PAGE.format(contents=contents, pictures=pictures))
