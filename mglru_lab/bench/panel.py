"""How soon the main panel's new answer is on the screen after a change, measured in the browser."""

import tempfile
from pathlib import Path

import numpy as np

CELLS = (
    "from mglru_lab.show.kit import offline\n"
    "from mglru_lab.show.run import panel\noffline.enable()",
    "panel.lab()",
)
VARIANTS = ("v2", "exact", "v5", "proposed", "6.15")
"""Chosen one after another: each is a new run of the panel's right side."""

# From the event of the change to the first frame after the film of the new answer was drawn.
_TIMED = """(select, value) => new Promise((done) => {
  let started;
  const watcher = new MutationObserver(() => {
    const film = document.querySelector(".mglru-lab-film[data-drawn]");
    if (!film || Number(film.dataset.drawn) <= started) return;
    watcher.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() - started)));
  });
  const seen = {subtree: true, childList: true, attributes: true, attributeFilter: ["data-drawn"]};
  watcher.observe(document.body, seen);
  select.value = value;
  started = performance.now();
  select.dispatchEvent(new Event("change", {bubbles: true}));
})"""


def measure(quick: bool = False) -> dict[str, float]:
    """Milliseconds from a change of the variant to the new answer; 20 changes, 5 if quick."""
    from mglru_lab.bench.jupyterlab import run_all, serve

    times = []
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(Path(folder) / "state") as lab,
        lab.open(lab.write("panel", CELLS)) as page,
    ):
        run_all(page)
        select = page.get_by_label("variant", exact=True).nth(1)
        for change in range(5 if quick else 20):
            times.append(select.evaluate(_TIMED, VARIANTS[change % len(VARIANTS)]))
            page.wait_for_timeout(200)
    return {"changes": len(times), "median_ms": float(np.median(times)), "worst_ms": max(times)}
