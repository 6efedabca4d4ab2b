"""How compiled code calls a Python function: by its address, which no cached code depends on."""

import ctypes
from collections.abc import Callable
from typing import Any, cast

import numba
from llvmlite import ir  # of numba
from numba.extending import intrinsic, overload

ARGUMENTS = 5
CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * ARGUMENTS)


def call_hook(address: int, where: int, page: int, start: int, end: int, young: int) -> int:
    """Call the `CALLBACK` at `address`; numbers and answer are those of own_policy.Hook."""
    return int(CALLBACK(address)(where, page, start, end, young))


def _by_address(_typing: Any, _address: Any, *_arguments: Any) -> Any:
    integer = ir.IntType(64)
    function = ir.FunctionType(integer, [integer] * ARGUMENTS)

    def codegen(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.call(
            builder.inttoptr(arguments[0], function.as_pointer()), list(arguments[1:])
        )

    return numba.int64(*[numba.int64] * (1 + ARGUMENTS)), codegen


@cast("Callable[..., Any]", intrinsic)
def _call_address(typing: Any, address: Any, a: Any, b: Any, c: Any, d: Any, e: Any) -> Any:
    return _by_address(typing, address, a, b, c, d, e)


@cast("Callable[..., Any]", overload(call_hook))
def _compiled_call_hook(
    address: int, where: int, page: int, start: int, end: int, young: int
) -> Any:
    def call(address: int, where: int, page: int, start: int, end: int, young: int) -> int:
        return int(_call_address(address, where, page, start, end, young))

    return call
