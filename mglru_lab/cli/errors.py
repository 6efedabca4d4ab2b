"""How errors are shown: in one line, with a traceback only if the user asks for --debug."""

import sys
import traceback
from typing import Any

import click

from mglru_lab.cli.options import Refused

DEBUG = "mglru_lab.debug"


def _keep(ctx: click.Context, _option: click.Parameter, value: bool) -> None:
    ctx.meta[DEBUG] = value


EXTRAS = {
    "lab": ("IPython", "altair", "ipykernel", "ipywidgets", "jupyterlab", "nbclient", "nbconvert",
            "nbformat", "papermill", "traitlets", "vl_convert"),
    "cluster": ("distributed",),
}  # fmt: skip
"""What a plain install lacks: modules by the extra that brings them."""


class OneLineErrors(click.Group):
    """A group of commands that reports an error in one line; `--debug` also shows its traceback."""

    def __init__(self, *args: Any, **others: Any) -> None:
        super().__init__(*args, **others)
        self.params.append(
            click.Option(
                ["--debug"],
                is_flag=True,
                expose_value=False,
                callback=_keep,
                help="If something fails, also show where in the code.",
            )
        )

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; report whatever it raises, with the exit code of a wrong use."""
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if ctx.meta[DEBUG]:
                _show(error)
            if isinstance(error, click.ClickException):
                raise
            if extra := extra_of(error):
                raise click.ClickException(
                    f"this command needs {error.name}, which the extra `{extra}` brings: "  # type: ignore[attr-defined]
                    f"pip install 'mglru-lab[{extra}]'"
                ) from None
            hint = "" if ctx.meta[DEBUG] else " (mglru-lab --debug ... shows where)"
            raise Refused(f"{type(error).__name__}: {error}{hint}") from None


def extra_of(error: Exception) -> str:
    """The extra of ours that brings a module which is not installed; empty for other errors."""
    if not isinstance(error, ModuleNotFoundError):
        return ""
    top = (error.name or "").partition(".")[0]
    return next((extra for extra, modules in EXTRAS.items() if top in modules), "")


def _show(error: BaseException) -> None:
    """The traceback of an error, below that of its cause."""
    for one in (error.__cause__ or error.__context__, error):
        if one is not None:
            sys.stderr.write("".join(traceback.format_exception(one, chain=False)))
