"""Phrases that take two readings are not used, in the package, in notebooks or in documents."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLACES = ["README.md", "CONTRIBUTING.md", "docs/**/*.md", "data/*.md", "notebooks/*.ipynb"]
PLACES += ["mglru_lab/*.py", "mglru_lab/policy/*.py"]
PLACES += [
    f"mglru_lab/{room}/**/*{end}"
    for room in ("scenario", "recorder", "lab", "show", "bench", "cli")
    for end in (".py", ".js")
]
_UNIT = (
    "row|line|bar|value|byte|letter|panel|canvas|file|process|worker|call|entry|item|"
    "text|number|element|boolean|parameter|question|strip|list|dict|frame|command|access|folio|"
    "record|cell|[mnu]s|CPU seconds|one|once|twice|eight|sixteen"
)
_EACH = (
    "access|accesses|aging|array|batch|boot|cache line|call|cell|column|combination|command|core|"
    "counter|dump|entry|event|family|fault|file|folio|generation|host|kernel|label|line|"
    "look-around|lookup|memcg|option|page|page map|page table|pair|pass|policy|process|quantum|"
    "question|read|record|recording|region|report|row|run|scenario|second|seed|side|step|table|"
    "trace|type|vCPU|verdict|walk|window|word|worker|workload|write"
)
INSTEAD = {
    rf"(?<!at )\b(?:{_UNIT})s? an? (?:{_EACH})\b(?! at a time)": "one row per run",
    r"\b(?:accesses|agings|calls|pages|runs) a (?:second|minute)\b": "calls per second",
    r"\b(?:longer|lose|loses|lost|less|more) an? (?:call|vCPU|locked call|page)\b": "per vCPU",
    r"\bdear(?:er|est)?\b": "expensive",
    r"\b[io]n the mean\b": "on average",
    r"\bswap(?:s|ped) in again\b": "swapped back in",
    r"\b(?:[Tt]hey|two|kernels|model|runs) (?:never )?part\b": "diverge",
    r"\bstands? in (?:the|its|a|DESIGN|README)\b": "is in",
    r"\bis told (?:with|by)\b": "is reported",
    r"\bcomes? to nothing\b": "has no effect",
    r"\b[Ww]ho says \w+ is\b": "whoever says",
}
"""What to look for, and an example of what to say."""


@pytest.mark.parametrize("phrase", INSTEAD, ids=INSTEAD.values())
def test_there_is_a_plainer_way_to_say_it(phrase: str) -> None:
    found = []
    for place in PLACES:
        for path in sorted(ROOT.glob(place)):
            text = " ".join(path.read_text(encoding="utf-8").split())
            found += [f"{path.relative_to(ROOT)}: {at[0]}" for at in re.finditer(phrase, text)]
    assert not found, f"say {INSTEAD[phrase]!r}"
