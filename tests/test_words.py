"""Phrases that take two readings are not used, in the package, in notebooks or in documents."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLACES = ["README.md", "docs/**/*.md", "notebooks/*.ipynb"]
PLACES += [f"mglru_lab/{room}/**/*{end}" for room in ("show", "lab") for end in (".py", ".js")]
_UNIT = "row|line|column|bar|value|byte|letter|panel|canvas|file|process|worker|call|entry"
_EACH = (
    "accesses|access|call|cell|column|combination|core|dump|event|generation|kernel|label|line|"
    "look-around|memcg|option|page|pass|policy|region|report|row|run|scenario|second|side|step|"
    "table|type|verdict|workload|worker"
)
INSTEAD = {
    rf"\b(?:{_UNIT})s? an? (?:{_EACH})\b": "one row per run",
    r"\b(?:ns|microseconds|us) an? (?:call|page|access|question)\b": "ns per call",
    r"\bdear(?:er|est)?\b": "expensive",
    r"\b[io]n the mean\b": "on average",
    r"\bswap(?:s|ped) in again\b": "swapped back in",
    r"\b(?:[Tt]hey|two|kernels|model|runs) (?:never )?part\b": "diverge",
    r"\bstands? in (?:the|its|a|DESIGN|README)\b": "is in",
    r"\bis told (?:with|by)\b": "is reported",
    r"\bcomes? to nothing\b": "has no effect",
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
