"""Altair charts that need no network: Vega's scripts go into the page once, each chart is small.

Altair's own renderers load these scripts from the network, or carry them in every chart. Here a
notebook's first cell calls `enable()`, which shows the scripts (0.9 MB) as its output; a chart's
output is then a target and its specification. Both are plain HTML, so they are drawn alike in
JupyterLab, after a reload of a saved notebook, and in a report.
"""

import contextlib
import hashlib
import json
from importlib.metadata import version
from string import Template
from typing import Any

import altair as alt
import vl_convert
from IPython.display import HTML, display

from mglru_lab.files import whole
from mglru_lab.paths import cache_folder
from mglru_lab.show.kit import compiling, film, given, glossary_marks
from mglru_lab.show.kit.panel import CLASS, REVIVE

RENDERER = "mglru_lab"

# Every chart is a white card, whatever the theme around it: its colours were chosen on white, and a
# picture that somebody saves of it looks the same everywhere. A chart's own settings come first.
_LOOK: dict[str, Any] = {
    "background": "white",
    "padding": 12,
    "config": {
        "title": {"anchor": "start", "fontSize": 14, "offset": 12},
        "axis": {
            "labelFontSize": 12,
            "labelSeparation": 6,
            "titleFontSize": 13,
            "titleFontWeight": "normal",
        },
        "legend": {"labelFontSize": 12, "titleFontSize": 13, "labelLimit": 280},
        "header": {"labelFontSize": 13, "titleFontSize": 13, "titleFontWeight": "normal"},
    },
}

# Our own name for the drawing function: another notebook in the same JupyterLab page may have put
# another version of Vega under the usual one.
_EMBED = "mglruLabEmbed"

# The text in the target stays where no script runs; drawing replaces it. A chart waits for the
# scripts, since JupyterLab may show a saved output before the one that holds them.
_CHART = Template("""<div class="mglru-lab-chart">A chart. To see it: JavaScript on, the notebook
trusted, its first cell run.</div>
<script>(() => {
  const target = document.currentScript.parentElement.querySelector(".mglru-lab-chart");
  const actions = {export: true, source: false, compiled: false, editor: false};
  const options = {mode: "vega-lite", renderer: "svg", actions};
  const fail = (error) => { console.error(error); target.textContent = "No chart: " + error; };
  (function draw() {
    if (!window.$embed) return setTimeout(draw, 50);
    window.$embed(target, $spec, options).catch(fail);
  })();
})()</script>""")

# JupyterLab takes arrows and others for itself wherever the focus is in a notebook, unless the very
# element that has it says otherwise: keys that a panel's control or a film uses are theirs.
_KEYS = """(() => {
  if (window.mglruLabKeys) return;
  window.mglruLabKeys = /^(Arrow.*|Home|End|Page.*|Enter| )$/;
  const ours = ".jupyter-widgets, .mglru-lab-film";
  const keep = (event) => {
    if (!event.target.closest?.(ours)) return;
    const used = window.mglruLabKeys.test(event.key) && !event.ctrlKey && !event.metaKey;
    event.target.toggleAttribute("data-lm-suppress-shortcuts", used);
  };
  window.addEventListener("keydown", keep, true);
})()"""

# A widget without its kernel: JupyterLab says that it found no model, or crosses out each control.
_REVIVE = Template("""(() => {
  const lost = "Error displaying widget: model not found";
  const says = () => {
    for (const node of document.querySelectorAll(".jp-OutputArea-output.jupyter-widgets"))
      if (node.textContent === lost) node.textContent = $says;
  };
  if (window.mglruLabRevive) return;
  window.mglruLabRevive = new MutationObserver(says);
  window.mglruLabRevive.observe(document.body, {subtree: true, childList: true});
  says();
})()""").substitute(says=json.dumps(REVIVE))
_STYLE = f""".{CLASS} .widget-label {{ user-select: text; }}
.{CLASS}.jupyter-widgets-disconnected > .mglru-lab-controls {{ display: none; }}
.{CLASS}.jupyter-widgets-disconnected::before {{ content: {json.dumps(REVIVE)} !important;
  display: block; color: inherit !important; font: italic 14px system-ui, sans-serif !important; }}
.{CLASS}.jupyter-widgets-disconnected .jupyter-widgets-disconnected::before {{ display: none; }}
.{CLASS} .widget-html-content :is(ol, ul) {{ margin: 2px 0; }}
.{CLASS} .widget-html-content li {{ line-height: 1.4; }}
.mglru-lab-folds > * {{ margin-right: 24px; }}
.mglru-lab-chart .mark-rect > path {{ shape-rendering: crispEdges; }}
#vg-tooltip-element td.value {{ max-width: 420px; max-height: none; }}"""


def enable() -> None:
    """Put scripts into the page that draw this notebook's charts and films and mark its words.

    GivenError where somebody set a parameter to what it cannot be: each notebook begins here.
    """
    given.check()
    alt.renderers.register(RENDERER, chart_bundle)
    alt.renderers.enable(RENDERER)
    own = film.script() + glossary_marks.script()
    ours = f"<script>(() => {{{_scripts()}}})();{_KEYS};{_REVIVE}</script><style>{_STYLE}</style>"
    display(HTML(ours + own))
    compiling.announce()


def _scripts() -> str:
    """Vega's scripts; put together once for each version, which takes longer than most notebooks.

    They are kept behind their checksum: a file that is not as it was written is made anew.
    """
    kept = cache_folder() / f"vega-{version('vl-convert-python')}.js"
    with contextlib.suppress(OSError):
        checksum, _, scripts = kept.read_bytes().partition(b"\n")
        if hashlib.sha256(scripts).hexdigest().encode() == checksum:
            return scripts.decode()
    made: str = vl_convert.javascript_bundle(f"window.{_EMBED} = vegaEmbed;")
    with contextlib.suppress(OSError):  # nothing is kept where nothing can be written
        kept.parent.mkdir(parents=True, exist_ok=True)
        checksum = hashlib.sha256(made.encode()).hexdigest().encode()
        with whole(kept) as partial:
            partial.write_bytes(checksum + b"\n" + made.encode())
    return made


def chart_bundle(spec: dict[str, Any], **_: object) -> dict[str, str]:
    """A Vega-Lite specification as a notebook's output: HTML that draws it."""
    # In JSON a "<" stands only inside a string; escaped, no text of a chart can end the script.
    looked = _LOOK | spec | {"config": _LOOK["config"] | spec.get("config", {})}
    text = json.dumps(looked).replace("<", r"\u003c")
    return {
        "text/html": _CHART.substitute(embed=_EMBED, spec=text),
        "text/plain": "<an Altair chart>",
    }
