"""Page maps of two kernels as a picture: one strip per kernel, one column per page. SVG out."""

import re
from html import escape

from mglru_lab.show.kit.charts import GENERATIONS

COLORS = {str(place): color for place, color in enumerate(GENERATIONS)}
COLORS |= {"s": "#c9ccd1", ".": "#f4f4f4"}
BATCH = "#e0691b"
WIDTH, HEIGHT, GAP = 640, 16, 3


def strips(maps: dict[str, str], title: str) -> str:
    """One strip per kernel (name to one letter per page), as one SVG element."""
    rows = []
    for row, (name, letters) in enumerate(maps.items()):
        y, scale = row * (HEIGHT + GAP), WIDTH / max(len(letters), 1)
        rows.append(f'<text x="0" y="{y + 12}" font-size="11">{escape(name[:24])}</text>')
        rows += [
            f'<rect x="{170 + at.start() * scale:.2f}" y="{y}" height="{HEIGHT}" '
            f'width="{(at.end() - at.start()) * scale:.2f}" '
            f'fill="{COLORS.get(at.group(1), BATCH)}"/>'
            for at in re.finditer(r"(.)\1*", letters)
        ]
    height = len(maps) * (HEIGHT + GAP)
    return (
        f'<svg viewBox="0 0 {170 + WIDTH} {height}" width="{170 + WIDTH}" role="img" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}</title>{"".join(rows)}</svg>'
    )
