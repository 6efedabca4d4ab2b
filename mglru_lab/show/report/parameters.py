"""A notebook's parameters: what its cell tagged `parameters` declares, and values checked by it.

papermill only warns of an unknown name, never looks at a type, and overlooks annotations such as
`int | None` or `Literal["a", "b"]`. So the cell is read here, by Python's own parser.
"""

import ast
import contextlib
import difflib
import io
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass

from nbformat import NotebookNode

_NUMBERS = (int, float)
"""What YAML makes of an unquoted 6.1 or 0x7."""
_SCALARS = ("int", "float", "bool", "str")
_WORDS = dict.fromkeys(("true", "yes", "on", "1"), True) | dict.fromkeys(
    ("false", "no", "off", "0"), False
)


class ParameterError(ValueError):
    """A parameter that the notebook does not declare, or a value that its declaration excludes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One line of the parameters cell: `name: type = default  # help`."""

    name: str
    type: str
    default: str
    help: str

    def convert(self, value: object) -> object:
        """`value` as the declared type; a string, as from a command line, is read by that type."""
        try:
            return _convert(value, ast.parse(self.type, mode="eval").body)
        except ValueError as error:
            whole = f"{value!r} is not {self.type}"
            said = str(error)
            part = said.removeprefix(whole) if said.startswith(whole) else f" ({error})"
            message = f"parameter {self.name} must be {self.type}, not {value!r}{part}"
            raise ParameterError(message) from None


def declared(notebook: NotebookNode) -> dict[str, Parameter]:
    """What the cell tagged `parameters` declares, in its order; nothing where no cell is tagged."""
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", ()):
            return {parameter.name: parameter for parameter in _parse(cell.source)}
    return {}


def check(notebook: NotebookNode, values: Mapping[str, object]) -> dict[str, object]:
    """`values` converted to their declared types; ParameterError names the first that is wrong."""
    known = declared(notebook)
    for name in values:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            allowed = ", ".join(known) or "none, this notebook declares no parameters"
            raise ParameterError(f"unknown parameter {name}{hint} (allowed: {allowed})")
    return {name: known[name].convert(value) for name, value in values.items()}


def _parse(source: str) -> list[Parameter]:
    comments = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    found = []
    for node in ast.parse(source).body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                kind = node.annotation
                text = str(kind.value) if isinstance(kind, ast.Constant) else ast.unparse(kind)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                text = _infer(name, value)
            case _:
                continue
        comment = comments.get(node.end_lineno or 0, "")
        found.append(Parameter(name=name, type=text, default=ast.unparse(value), help=comment))
    return found


def _infer(name: str, default: ast.expr) -> str:
    """The type of a parameter without an annotation: its default's, if it has one."""
    try:
        value = ast.literal_eval(default)
    except ValueError:
        value = None
    item = value[0] if isinstance(value, list) and value else value
    kind = type(item).__name__
    if kind not in _SCALARS:
        message = f"parameter {name} of the notebook needs an annotation: its default shows no type"
        raise ParameterError(message)
    return f"list[{kind}]" if isinstance(value, list) else kind


def _convert(value: object, kind: ast.expr) -> object:
    """`value` by the annotation `kind`; ValueError names the part of it that does not fit."""
    match kind:
        case ast.Name(id=name) if name in _SCALARS:
            return _scalar(value, name)
        case ast.Constant(value=None) if value is None or str(value).lower() == "none":
            return None
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            # None goes first: "none" for `str | None` is no text.
            first, second = (right, left) if isinstance(right, ast.Constant) else (left, right)
            try:
                return _convert(value, first)
            except ValueError:
                return _convert(value, second)
        case ast.Subscript(value=ast.Name(id="list"), slice=item):
            if isinstance(value, str):
                value = [part.strip() for part in value.split(",")] if value.strip() else []
            if isinstance(value, list | tuple):
                return [_convert(part, item) for part in value]
        case ast.Subscript(value=ast.Name(id="Literal"), slice=choices):
            allowed = ast.literal_eval(choices)
            for choice in allowed if isinstance(allowed, tuple) else (allowed,):
                if value in (choice, str(choice)):
                    return choice
    raise ValueError(f"{value!r} is not {ast.unparse(kind)}")


def _scalar(value: object, kind: str) -> int | float | bool | str:
    """`value` as one of the four plain types; a truth value is no number here."""
    match kind, value:
        case "str", str():
            return value
        case "bool", bool():
            return value
        case "bool", str() if value.lower() in _WORDS:
            return _WORDS[value.lower()]
        case (("int" | "float"), bool()):
            pass
        case "int", int():
            return value
        case "float", int() | float():
            return float(value)
        case (("int" | "float"), str()):
            with contextlib.suppress(ValueError):
                return int(value, 0) if kind == "int" else float(value)
    quoted = f': write "{value}" in quotes' if kind == "str" and type(value) in _NUMBERS else ""
    raise ValueError(f"{value!r} is not {kind}{quoted}")
