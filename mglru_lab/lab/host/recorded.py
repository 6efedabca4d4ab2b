"""A booted kernel as a host: the files that the recorder sent at its dumps."""

from collections.abc import Iterator
from pathlib import Path

from mglru_lab.lab.host.host import Host
from mglru_lab.lab.host.host_files import RELEASE
from mglru_lab.lab.host.text import HostError


def recorded_hosts(raw: Path) -> Iterator[Host]:
    """The snapshots in the recorder's raw text, named SCENARIO-DUMP; HostError names a bad line."""
    scenario, found = "", None
    for number, line in enumerate(raw.read_text().splitlines(), start=1):
        words = line.split(" ")
        try:
            if line.startswith("#### scenario "):
                scenario = words[2]
            elif line.startswith("== host "):
                if found:
                    yield found
                found = Host(f"{scenario}-{words[2]}", {}, float(words[3]))
            elif line.startswith("hf /") and found:
                found.texts[words[1].lstrip("/")] = bytes.fromhex(words[2]).decode()
        except (ValueError, IndexError) as error:
            raise HostError(f"{raw}:{number}: {error}: {line[:80]!r}") from None
    if found is None:
        raise HostError(f"{raw}: no dump in it sent a host's files")
    if RELEASE not in found.texts:
        raise HostError(f"{raw}: the last dump sent no {RELEASE}")
    yield found
