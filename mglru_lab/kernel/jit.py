"""How the order-bound loops are compiled: Numba, cached on disk, or not at all.

`NUMBA_DISABLE_JIT=1` runs the same functions as plain Python with identical results.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba

from mglru_lab.paths import cache_folder


def _cache_directory() -> Path:
    """A folder named by the model's source.

    Numba itself does not see a change in a function that a cached one calls from another file.
    """
    digest = hashlib.sha256()
    for room in ("kernel", "policy"):
        for path in sorted((Path(__file__).parents[1] / room).rglob("*.py")):
            digest.update(path.read_bytes())
    return cache_folder() / digest.hexdigest()[:16]


if "NUMBA_CACHE_DIR" not in os.environ:
    numba.config.CACHE_DIR = str(_cache_directory())
if "NUMBA_LOOP_VECTORIZE" not in os.environ:
    numba.config.LOOP_VECTORIZE = 0  # half the compile time, and our loops gain nothing by it


def is_compiled() -> bool:
    """Whether an earlier process has left machine code of this source on disk."""
    kept = Path(numba.config.CACHE_DIR).rglob("*.nbi")
    return bool(numba.config.DISABLE_JIT) or any(kept)


P = ParamSpec("P")
R = TypeVar("R")


# No function of the model allocates, so none counts references (`_nrt`): a call is then cheap.
# Numba hands `forceinline` down to what a forced function calls: who is not forced has to say so.


def _compiled(function: Callable[P, R], **options: Any) -> Callable[P, R]:
    """Compile when it is first called; the machine code is kept on disk.

    Once for all literals of a type: Numba would do so for each.
    """
    compiled = cast(Any, numba.njit(cache=True, no_cfunc_wrapper=True, **options))(function)
    if not numba.config.DISABLE_JIT:
        compile_types = compiled.compile

        def compile_any_literal(signature: Any) -> Any:
            return compile_types(tuple(getattr(t, "literal_type", t) for t in signature))

        compiled.compile = compile_any_literal
    return cast("Callable[P, R]", compiled)


def jit(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function`, which only compiled ones call; its machine code is kept on disk."""
    return _compiled(function, forceinline=False, _nrt=False, no_cpython_wrapper=True)


def vectorized(function: Callable[P, R]) -> Callable[P, R]:
    """Like `jit`, for a function whose loops do the same to many elements: several at a time."""
    compiled = cast(Any, jit(function))
    if not numba.config.DISABLE_JIT:
        compile_scalar = compiled.compile

        def compile_vectors(signature: Any) -> Any:
            before, numba.config.LOOP_VECTORIZE = numba.config.LOOP_VECTORIZE, 1
            try:
                return compile_scalar(signature)
            finally:
                numba.config.LOOP_VECTORIZE = before

        compiled.compile = compile_vectors
    return cast("Callable[P, R]", compiled)


def leaf(function: Callable[P, R]) -> Callable[P, R]:
    """Like `jit`, for what is done page by page: its machine code becomes part of its callers'."""
    return _compiled(function, forceinline=True, _nrt=False, no_cpython_wrapper=True)


def leaf_entry(function: Callable[P, R]) -> Callable[P, R]:
    """Like `leaf`, for a function that Python calls, too."""
    return _compiled(function, forceinline=True, _nrt=False)


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Like `jit`, for a function that returns a Lruvec: compiled where it is called."""
    return _compiled(function, inline="always", _nrt=False)


def entry(function: Callable[P, R]) -> Callable[P, R]:
    """Like `jit`, for a function that Python calls."""
    return _compiled(function, forceinline=False, _nrt=False)


def allocating(function: Callable[P, R]) -> Callable[P, R]:
    """Like `entry`, for a function outside the model that makes arrays of its own."""
    return _compiled(function)
