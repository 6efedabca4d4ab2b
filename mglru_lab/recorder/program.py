"""The guest's only program, compiled statically from `guest/*.c`, once per version."""

import hashlib
import os
import platform
from importlib.resources import files

from mglru_lab.paths import cache_folder
from mglru_lab.recorder.scratch import scratch
from mglru_lab.recorder.tools import RecorderError, how_to_install, missing, path, run

_COMPILERS = {
    "amd64": ("gcc", "cc", "x86_64-linux-gnu-gcc", "x86_64-linux-musl-gcc"),
    "arm64": ("aarch64-linux-gnu-gcc", "aarch64-linux-musl-gcc"),
}
_NATIVE = {"amd64": ("Linux", "x86_64"), "arm64": ("Linux", "aarch64")}


def _sources() -> dict[str, bytes]:
    folder = files("mglru_lab.recorder") / "guest"
    found = (file for file in folder.iterdir() if file.name.endswith((".c", ".h")))
    return {file.name: file.read_bytes() for file in sorted(found, key=lambda file: file.name)}


def version() -> str:
    """A checksum of the program's source: recordings of two versions may differ."""
    digest = hashlib.sha256()
    for name, text in _sources().items():
        digest.update(name.encode() + b"\0" + text)
    return digest.hexdigest()[:12]


def compiler(arch: str) -> list[str]:
    """The command that compiles for a guest of `arch`: $CC, or the first that is installed.

    RecorderError says what to install.
    """
    if arch == "amd64" and os.environ.get("CC"):
        return os.environ["CC"].split()
    native = (platform.system(), platform.machine()) == _NATIVE[arch]
    own = ("gcc", "cc") if native else ()
    for name in (*own, *(n for n in _COMPILERS[arch] if n not in ("gcc", "cc"))):
        if not missing([name]):
            return [path(name)]
    wanted = "gcc" if native else {"amd64": "gcc", "arm64": "aarch64-linux-gnu-gcc"}[arch]
    raise RecorderError(
        f"no C compiler for {arch} is installed ({', '.join(_COMPILERS[arch])}, or $CC); "
        f"{how_to_install([wanted])}"
    )


def program(arch: str) -> bytes:
    """The program for a guest of `arch`; RecorderError if it cannot be compiled."""
    kept = cache_folder() / "recorder" / f"guest-{version()}-{arch}"
    if kept.exists():
        return kept.read_bytes()
    with scratch() as folder:
        for name, text in _sources().items():
            (folder / name).write_bytes(text)
        sources = sorted(name for name in _sources() if name.endswith(".c"))
        try:
            words = [*compiler(arch), "-O2", "-Wall", "-static", "-o", "guest", *sources]
            run(*words, cwd=folder)
        except RecorderError as error:
            if "-lc" not in str(error):
                raise
            wanted = "gcc" if arch == "amd64" else "aarch64-linux-gnu-gcc"
            raise RecorderError(
                f"the C compiler does not link statically; {how_to_install([wanted])}"
            ) from None
        made = (folder / "guest").read_bytes()
    kept.parent.mkdir(parents=True, exist_ok=True)
    partial = kept.with_name(f".{kept.name}.{os.getpid()}")
    partial.write_bytes(made)
    partial.replace(kept)
    return made
