"""What a Lruvec is to Numba: the named tuple that it is, under a short name (numba.extending).

Numba's own name for it spells out every field of every record. That is 8 kB, and stands in the name
of each compiled function, which LLVM reads and writes over and over.
"""

import hashlib
from collections.abc import Callable
from typing import Any, cast

import numba
from numba import types
from numba.core.imputils import impl_ret_borrowed
from numba.extending import intrinsic, models, register_model, typeof_impl

from mglru_lab.kernel.lruvec import Lruvec


class LruvecType(types.NamedTuple):  # type: ignore[misc]
    """The type of a Lruvec with these types of arrays and records."""

    @property
    def mangling_args(self) -> tuple[str, tuple[()]]:
        """What stands for the type in the names of functions."""
        return "Lruvec" + hashlib.sha256(self.name.encode()).hexdigest()[:8], ()


cast("Callable[..., Any]", register_model(LruvecType))(models.TupleModel)


@cast("Callable[..., Any]", typeof_impl.register(Lruvec))
def _typeof_lruvec(v: Lruvec, context: Any) -> LruvecType:
    return LruvecType([typeof_impl(field, context) for field in v], Lruvec)


def _replace_lru(v: Lruvec, lru: Any) -> Lruvec:
    return v._replace(lru=lru)


@cast("Callable[..., Any]", intrinsic)
def _insert_lru(_typing: Any, v: Any, lru: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        its = builder.insert_value(*arguments, Lruvec._fields.index("lru"))
        return impl_ret_borrowed(context, builder, signature.return_type, its)

    return v(v, lru), codegen


_insert_lru.py_func = _replace_lru  # as compiled functions have it
with_lru: Callable[[Lruvec, Any], Lruvec]
with_lru = _replace_lru if numba.config.DISABLE_JIT else _insert_lru
"""The same state with another memcg's record in the place of `lru`."""
