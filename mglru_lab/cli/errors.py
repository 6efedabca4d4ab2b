"""How errors are shown: in one line, with a traceback only if the user asks for --debug."""

import sys
import traceback
from typing import Any

import click

from mglru_lab.cli.options import Refused

DEBUG = "mglru_lab.debug"


def _keep(ctx: click.Context, _option: click.Parameter, value: bool) -> None:
    ctx.meta[DEBUG] = value


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
            hint = "" if ctx.meta[DEBUG] else " (mglru-lab --debug ... shows where)"
            raise Refused(f"{type(error).__name__}: {error}{hint}") from None


def _show(error: BaseException) -> None:
    """The traceback of an error, below that of its cause."""
    for one in (error.__cause__ or error.__context__, error):
        if one is not None:
            sys.stderr.write("".join(traceback.format_exception(one, chain=False)))
