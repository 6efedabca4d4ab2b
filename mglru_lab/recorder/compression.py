"""What kernels and their modules are packed with: gzip, xz, lzma, bzip2, zstd."""

import bz2
import lzma
import subprocess
import sys
import zlib

from mglru_lab.recorder.tools import RecorderError, path

_MAGIC = {
    b"\x1f\x8b\x08": "gzip",
    b"\xfd7zXZ\x00": "xz",
    b"\x5d\x00\x00": "lzma",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x02\x21\x4c\x18": "lz4",
    b"\x89LZO": "lzo",
}


def packed_with(data: bytes) -> str:
    """The name of the compression by the first bytes; empty for what is not compressed."""
    return next((name for magic, name in _MAGIC.items() if data.startswith(magic)), "")


def unpacked(data: bytes) -> bytes:
    """The data itself, whatever it is packed with; bytes behind its end do not matter.

    RecorderError for lz4 and lzo, for damaged data, and for zstd where nothing reads it: Python
    does since 3.14, else the program zstd.
    """
    form = packed_with(data)
    try:
        if form == "gzip":
            return zlib.decompressobj(31).decompress(data)
        if form in ("xz", "lzma"):
            return lzma.LZMADecompressor().decompress(data)
        if form == "bzip2":
            return bz2.BZ2Decompressor().decompress(data)
        if form == "zstd":
            return _zstd(data)
    except (zlib.error, lzma.LZMAError, OSError, EOFError) as error:
        raise RecorderError(f"damaged {form} data: {error}") from None
    if form:
        raise RecorderError(f"{form} is not read here: unpack it, or build without it")
    return data


def _zstd(data: bytes) -> bytes:
    if sys.version_info >= (3, 14):
        from compression import zstd

        return zstd.ZstdDecompressor().decompress(data)
    done = subprocess.run([path("zstd"), "-dcq"], input=data, capture_output=True)
    # It complains of what follows the end, where a kernel's length stands, and has written all.
    if done.returncode and not done.stdout:
        raise RecorderError(f"damaged zstd data: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
