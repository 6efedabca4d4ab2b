"""Films in a page: each kernel's pages as a strip to step through, one timeline, counters.

Drawn by a script of our own (film.js) that `offline.enable()` puts into the page once. A film then
is plain HTML that needs no kernel: it plays in JupyterLab, in a saved notebook and in a report.
"""

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from IPython.display import HTML

from mglru_lab.lab.run.film import COUNTERS, PLACES, Film
from mglru_lab.show.kit.charts import GENERATIONS

COLORS = [*GENERATIONS, "#dfe3ea", "#ffffff", "#e6b8d8"]
"""In the order of PLACES; cividis for generations, readable for every kind of colour vision."""

_HERE = Path(__file__).parent

_FILM = Template("""<div class="mglru-lab-film" data-lm-suppress-shortcuts="true">A film. To see it:
JavaScript on, the notebook trusted, its first cell run.</div>
<script>(() => {
  const target = document.currentScript.parentElement.querySelector(".mglru-lab-film");
  const film = $film;
  (function draw() {
    if (!window.mglruLabFilm) return setTimeout(draw, 50);
    window.mglruLabFilm(target, film);
  })();
})()</script>""")


def script() -> str:
    """What a page needs once to draw films."""
    style, code = ((_HERE / name).read_text(encoding="utf-8") for name in ("film.css", "film.js"))
    return f"<style>{style}</style><script>{code}</script>"


def shown(
    films: Mapping[str, Film] | Sequence[Film],
    name: str = "film",
    copies: Mapping[str, str] | None = None,
) -> HTML:
    """Films of the same scenario, side by side on one timeline: one, or a baseline and another.

    A mapping names them, else their kernels do. `name`: a film begins where the last
    one of that name in the page was. `copies`: texts with a button to copy each.
    """
    named = films if isinstance(films, Mapping) else {f.run.kernel.name: f for f in films}
    first = next(iter(named.values()))
    data: dict[str, Any] = {
        "name": name,
        "places": PLACES,
        "colors": COLORS,
        "counters": list(COUNTERS.values()),
        "captions": first.captions,
        "copies": dict(copies or {}),
        "sides": [
            {
                "name": title,
                "regions": made.regions,
                "pages": base64.b64encode(zlib.compress(made.pages.tobytes(), 6)).decode(),
                "totals": made.counters.tolist(),
            }
            for title, made in named.items()
        ],
    }
    # In JSON a "<" stands only inside a string; escaped, no text can end the script.
    text = json.dumps(data, separators=(",", ":")).replace("<", r"\u003c")
    return HTML(_FILM.substitute(film=text))
