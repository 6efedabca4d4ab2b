"""Debian's packages, by an apt configuration of our own: the machine's sources and lists stay.

Which mirror to ask is read from the machine's own sources: only the suite is another.
"""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mglru_lab.recorder.tools import RecorderError, path, run

ETC = Path("/etc/apt")
FRESH = 24 * 3600
"""Seconds for which lists are not fetched again."""
_SUITE = re.compile(
    r"(bullseye|bookworm|trixie|forky|duke|sid|(old)*stable|testing|unstable)"
    r"(-security|-updates|-backports)?"
)
_MIRROR = re.compile(r"/debian(-security)?(/|$)")


@dataclass(frozen=True)
class Source:
    """A repository in the machine's sources."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str
    """A path, or a key as the machine's file has it."""

    @property
    def is_debian(self) -> bool:
        """Whether it is a mirror of Debian."""
        ours = any(_SUITE.fullmatch(suite) for suite in self.suites)
        return ours and "main" in self.components and bool(_MIRROR.search(self.uri))

    @property
    def is_security(self) -> bool:
        """Whether it has Debian's security updates."""
        return any(suite.endswith("-security") for suite in self.suites)


def sources(etc: Path = ETC) -> list[Source]:
    """The binary repositories of the machine's sources.list and sources.list.d, both formats."""
    found: list[Source] = []
    for file in (etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))):
        if file.is_file() and file.suffix in (".list", ".sources"):
            text = file.read_text(errors="replace")
            found += _deb822(text) if file.suffix == ".sources" else _lines(text)
    return found


def _deb822(text: str) -> list[Source]:
    found = []
    plain = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    for stanza in re.split(r"\n\s*\n", plain):
        fields = {
            name.lower(): value.strip()
            for name, value in re.findall(
                r"^([\w-]+):((?:.*)(?:\n[ \t]+.*)*)", stanza, re.MULTILINE
            )
        }
        if "deb" not in fields.get("types", "").split() or fields.get("enabled") == "no":
            continue
        for uri in fields.get("uris", "").split():
            suites, components = fields.get("suites", ""), fields.get("components", "")
            signed = fields.get("signed-by", "")
            found.append(Source(uri, tuple(suites.split()), tuple(components.split()), signed))
    return found


def _lines(text: str) -> list[Source]:
    found = []
    for line in text.splitlines():
        parts = re.match(r"\s*deb\s+(?:\[(.*?)\]\s+)?(\S+)\s+(\S+)((?:\s+[^\s#]+)*)", line)
        if parts is None:
            continue
        signed = re.search(r"signed-by=(\S+)", parts[1] or "")
        components = tuple(parts[4].split())
        found.append(Source(parts[2], (parts[3],), components, signed[1] if signed else ""))
    return found


class Packages:
    """The packages of some suites, whose lists are kept in a folder of ours."""

    def __init__(self, folder: Path, suites: Sequence[str], arch: str, etc: Path = ETC) -> None:
        self.folder = folder
        self.suites = suites
        self.arch = arch
        self._etc = etc

    @property
    def _options(self) -> tuple[str, ...]:
        return ("-c", str(self.folder / "apt.conf"))

    def _configure(self) -> None:
        mirrors = [source for source in sources(self._etc) if source.is_debian]
        stanzas = []
        for suite in self.suites:
            fits = [m for m in mirrors if m.is_security == suite.endswith("-security")]
            if fits:
                signed = f"Signed-By: {fits[0].signed_by}\n" if fits[0].signed_by else ""
                stanzas.append(
                    f"Types: deb\nURIs: {fits[0].uri}\nSuites: {suite}\nComponents: main\n{signed}"
                )
        if not stanzas:
            raise RecorderError(
                f"kernels by name are packages of Debian's {' and '.join(self.suites)}, and "
                f"{self._etc} names no mirror of Debian; give your own: --kernel FILE, DIR or TREE"
            )
        for part in ("lists/partial", "cache/archives/partial"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        (self.folder / "debian.sources").write_text("\n".join(stanzas))
        (self.folder / "apt.conf").write_text(
            f'Dir::Etc::sourcelist "{self.folder}/debian.sources";\n'
            'Dir::Etc::sourceparts "/dev/null";\n'
            f'Dir::State::Lists "{self.folder}/lists";\n'
            f'Dir::Cache "{self.folder}/cache";\n'
            f'APT::Architecture "{self.arch}";\n'
            f'#clear APT::Architectures;\nAPT::Architectures {{ "{self.arch}"; }};\n'
            'APT::Sandbox::User "root";\nAcquire::Languages "none";\nAcquire::Retries "2";\n'
            # What the machine does after an update is about the machine's own lists.
            "#clear APT::Update::Pre-Invoke;\n#clear APT::Update::Post-Invoke;\n"
            "#clear APT::Update::Post-Invoke-Success;\n"
        )

    def releases(self, progress: Callable[[str], None]) -> list[str]:
        """The kernel releases in the lists, which are fetched if they are older than a day.

        Lists that are there are used where they cannot be fetched. RecorderError without any.
        """
        stamp = self.folder / "fetched"
        if not stamp.exists() or time.time() - stamp.stat().st_mtime > FRESH:
            self._configure()
            progress(f"fetching the package lists of Debian's {', '.join(self.suites)}")
            try:
                run(path("apt-get"), *self._options, "-o", "APT::Update::Error-Mode=any", "update")
                stamp.touch()
            except RecorderError as error:
                if not stamp.exists():
                    raise
                progress(f"using older package lists: {str(error).splitlines()[-1]}")
        names = run(path("apt-cache"), *self._options, "pkgnames", "linux-").split()
        found = {re.sub(r"^linux-(image|binary)-", "", n) for n in names if "-cloud-" in n}
        return sorted(name for name in found if re.match(r"\d+\.\d+\.", name))

    def download(self, names: Sequence[str], to: Path) -> list[Path]:
        """Fetch packages into the folder `to`; the files."""
        run(path("apt-get"), *self._options, "download", *names, cwd=to)
        return sorted(to.glob("*.deb"))
