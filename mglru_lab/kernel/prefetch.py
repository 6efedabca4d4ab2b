"""Hints to the processor which array element is wanted soon; no result depends on them."""

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir  # of numba
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

SOON = 3
"""Into all levels of cache."""


def prefetch(array: Any, index: int) -> None:
    """Begin to load `array[index]`; an index beyond the array does no harm. Uncompiled: nothing."""


@cast("Callable[..., Any]", intrinsic)
def _prefetch_element(_typing: Any, array: Any, index: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        element = builder.bitcast(builder.gep(data, [arguments[1]]), cgutils.voidptr_t)
        number = ir.IntType(32)
        function = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, number, number, number]),
            "llvm.prefetch.p0",
        )
        builder.call(function, [element, number(1), number(SOON), number(1)])
        return context.get_dummy_value()

    return types.void(array, index), codegen


@cast("Callable[..., Any]", overload(prefetch))
def _compiled_prefetch(array: Any, index: int) -> Any:
    def begin(array: Any, index: int) -> None:
        _prefetch_element(array, index)

    return begin
