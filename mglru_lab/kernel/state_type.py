"""State, rules and policy are handed to compiled functions as pointers (numba.extending).

Numba would hand over a named tuple field by field, an array in seven parts: for these three 140
numbers per call, and their names, 8 kB, in the name of every compiled function.
"""

import hashlib
from collections.abc import Callable
from typing import Any, cast

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.imputils import impl_ret_borrowed, lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import NativeValue, intrinsic, models, register_model, typeof_impl, unbox

from mglru_lab.kernel.lruvec import Lruvec
from mglru_lab.kernel.rules import Rules
from mglru_lab.policy.policy import Policy

Decorator = Callable[..., Any]


class ByPointer(types.Type):  # type: ignore[misc]
    """The type of a named tuple whose fields stay as they are while compiled code runs."""

    def __init__(self, record: type[Any], fields: list[Any]) -> None:
        """Of `record` with fields of these types."""
        self.plain = types.NamedTuple(fields, record)
        self.fields = record._fields
        digest = hashlib.sha256(self.plain.name.encode()).hexdigest()[:8]
        super().__init__(record.__name__ + digest)

    @property
    def mangling_args(self) -> tuple[str, tuple[()]]:
        """What stands for the type in the names of functions."""
        return self.name, ()


class LruvecType(ByPointer):
    """The same, but its `lru`, which another memcg replaces, is beside the pointer."""


cast(Decorator, register_model(ByPointer))(models.OpaqueModel)


@cast(Decorator, register_model(LruvecType))
class _LruvecModel(models.StructModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: LruvecType) -> None:
        lru = kind.plain[kind.fields.index("lru")]
        super().__init__(manager, kind, [("rest", types.voidptr), ("lru", lru)])


@cast(Decorator, typeof_impl.register(Lruvec))
def _typeof_lruvec(v: Lruvec, context: Any) -> LruvecType:
    return LruvecType(Lruvec, [typeof_impl(field, context) for field in v])


@cast(Decorator, typeof_impl.register(Policy))
@cast(Decorator, typeof_impl.register(Rules))
def _typeof_plain(record: Any, context: Any) -> ByPointer:
    return ByPointer(type(record), [typeof_impl(field, context) for field in record])


@infer_getattr
class _Attribute(AttributeTemplate):  # type: ignore[misc]
    key = ByPointer

    def generic_resolve(self, kind: ByPointer, name: str) -> Any:
        return kind.plain[kind.fields.index(name)] if name in kind.fields else None


def _load(builder: Any, pointer: Any, kind: Any) -> Any:
    """Load what never changes, number by number, so that the compiler keeps or drops each."""
    if not isinstance(kind, ir.LiteralStructType | ir.ArrayType):
        loaded = builder.load(pointer)
        loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
        return loaded
    whole = ir.Constant(kind, ir.Undefined)
    is_array = isinstance(kind, ir.ArrayType)
    for place, element in enumerate([kind.element] * kind.count if is_array else kind.elements):
        part = _load(builder, cgutils.gep_inbounds(builder, pointer, 0, place), element)
        whole = builder.insert_value(whole, part, place)
    return whole


def _field(context: Any, builder: Any, kind: ByPointer, pointer: Any, name: str) -> Any:
    place = kind.fields.index(name)
    layout = context.get_value_type(kind.plain)
    record = builder.bitcast(pointer, layout.as_pointer())
    its = cgutils.gep_inbounds(builder, record, 0, place)
    value = _load(builder, its, layout.elements[place])
    return impl_ret_borrowed(context, builder, kind.plain[place], value)


@cast(Decorator, lower_getattr_generic(ByPointer))
def _attribute(context: Any, builder: Any, kind: ByPointer, pointer: Any, name: str) -> Any:
    return _field(context, builder, kind, pointer, name)


@cast(Decorator, lower_getattr_generic(LruvecType))
def _lruvec_attribute(context: Any, builder: Any, kind: LruvecType, v: Any, name: str) -> Any:
    if name == "lru":
        lru = builder.extract_value(v, 1)
        return impl_ret_borrowed(context, builder, kind.plain[kind.fields.index(name)], lru)
    return _field(context, builder, kind, builder.extract_value(v, 0), name)


def _keep(c: Any, record: Any) -> Any:
    """Write a record to the stack; returns its address.

    That goes through an instruction which hides where it comes from: the compiler may move a load
    of what never changes before the writing that it knows of.
    """
    pointer = c.builder.bitcast(cgutils.alloca_once_value(c.builder, record), cgutils.voidptr_t)
    hidden = ir.FunctionType(cgutils.voidptr_t, [cgutils.voidptr_t])
    return c.builder.asm(hidden, "", "=r,0,~{memory}", [pointer], True)


@cast(Decorator, unbox(ByPointer))
def _unbox(kind: ByPointer, given: Any, c: Any) -> Any:
    native = c.unbox(kind.plain, given)
    return NativeValue(_keep(c, native.value), native.is_error, native.cleanup)


@cast(Decorator, unbox(LruvecType))
def _unbox_lruvec(kind: LruvecType, given: Any, c: Any) -> Any:
    native = c.unbox(kind.plain, given)
    v = cgutils.create_struct_proxy(kind)(c.context, c.builder)
    v.rest = _keep(c, native.value)
    v.lru = c.builder.extract_value(native.value, kind.fields.index("lru"))
    return NativeValue(v._getvalue(), native.is_error, native.cleanup)


def _replace_lru(v: Lruvec, lru: Any) -> Lruvec:
    return v._replace(lru=lru)


@cast(Decorator, intrinsic)
def _insert_lru(_typing: Any, v: Any, lru: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        its = builder.insert_value(*arguments, 1)
        return impl_ret_borrowed(context, builder, signature.return_type, its)

    return v(v, lru), codegen


_insert_lru.py_func = _replace_lru  # as compiled functions have it
with_lru: Callable[[Lruvec, Any], Lruvec]
with_lru = _replace_lru if numba.config.DISABLE_JIT else _insert_lru
"""The same state with another memcg's record in the place of `lru`."""
