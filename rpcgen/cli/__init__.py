"""The command line: ``rpcgen FILE... -o DIR``, and one module for each other command."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Final

from . import generate
from .console import tell

if TYPE_CHECKING:
    import click

__all__ = ["main"]

# Commands that need nothing beside the package: modules with `SUMMARY`,
# `make_parser()` and `run(arguments) -> status`.
_PLAIN: Final = ("dump",)

# Commands on click: name and the module that has it as `command`.
_COMMANDS: Final[dict[str, str]] = {
    "bench": "bench",
    "breaking": "breaking",
    "call": "call",
    "completion": "completion",
    "from-go": "from_go",
    "from-record": "from_record",
    "init": "init",
    "lint": "lint",
    "list": "list",
    "record": "record",
    "serve": "serve",
    "to-go": "to_go",
}

# Variable by which a shell asks for completions; see `completion`.
_COMPLETE: Final = "_RPCGEN_COMPLETE"

# Name in the `ImportError` that says that the gob codec was chosen wrongly. Not imported: that is
# the import that fails.
_CHOICE: Final = "RPCGEN_IMPL"

# Exit status of a program that Ctrl-C has ended.
_INTERRUPTED: Final = 130

# Exit status of a program that nobody reads the output of, as a shell reckons it.
_SIGPIPE: Final = 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: Arguments of the command line, without the program; those of
            the process by default.

    Returns:
        Exit status: 0 is success; 1 is a bad IDL, output that is not up to date,
        or a broken stream, or an error that a server has answered with; 2 is wrong usage;
        3 is a server that does not answer; 130 is an interrupt from the keyboard.
    """
    try:
        try:
            arguments = sys.argv[1:] if arguments is None else arguments
            asked = os.environ.get(_COMPLETE)
            status = _dispatch(arguments) if asked is None else _complete(asked)
        except KeyboardInterrupt:
            tell("rpcgen: interrupted")
            status = _INTERRUPTED
        except ImportError as error:
            if error.name != _CHOICE:
                raise
            tell(f"rpcgen: error: {error}")
            status = 2
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        return _without_reader()
    return status


def _dispatch(arguments: Sequence[str]) -> int:
    name = arguments[0] if arguments else ""
    if name in _PLAIN:
        status: int = _module(name).run(arguments[1:])
        return status
    if name in _COMMANDS:
        return _run(name, arguments[1:])
    if name == "generate":
        return generate.run(arguments[1:])
    return generate.run(arguments, _summaries)


def _complete(asked: str) -> int:
    """Answer a shell that completes a command line, which it says in variables."""
    from .completion import Commands, complete, of_argparse

    default = of_argparse(generate.make_parser(), "generate")
    load: dict[str, Callable[[], click.Command]] = {"generate": lambda: default}
    for name in _PLAIN:
        load[name] = partial(lambda name: of_argparse(_module(name).make_parser(), name), name)
    for name, module in _COMMANDS.items():
        load[name] = partial(lambda module: _module(module).command, module)
    return complete(Commands(load, default), asked)


def _summaries() -> Iterator[tuple[str, str]]:
    """Yield each command but the first, and what it is for."""
    for name in _PLAIN:
        yield name, _module(name).SUMMARY
    for name, module in _COMMANDS.items():
        try:
            yield name, _module(module).command.get_short_help_str(80)
        except ImportError:
            yield name, "(needs click: pip install 'rpcgen[cli]')"


def _module(name: str) -> ModuleType:
    # Lazy: what one command needs, the others do without.
    return import_module(f"{__name__}.{name}")


def _run(name: str, arguments: Sequence[str]) -> int:
    try:
        import click
    except ImportError:
        tell(f"rpcgen: error: {name} needs click\n    hint: pip install 'rpcgen[cli]'")
        return 2
    command: click.Command = _module(_COMMANDS[name]).command
    # Not `command.main`, which ends in its own way where nobody reads what is printed.
    try:
        with command.make_context(
            f"rpcgen {name}",
            [*arguments],  # not `list`, which here is the module of that command
            max_content_width=100,
            obj=tuple(arguments),
        ) as context:
            status = command.invoke(context)
    except click.exceptions.Exit as end:
        status = end.exit_code
    except click.ClickException as error:
        error.show()
        status = getattr(error, "status", error.exit_code)
    except KeyboardInterrupt:
        tell("")  # behind the ^C that a terminal shows
        raise
    return status if isinstance(status, int) else 0


def _without_reader() -> int:
    """End quietly where nobody reads what is printed: ``rpcgen list ... | head -1``."""
    # The rest of the buffer goes nowhere, and the interpreter's own flush is silent.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _SIGPIPE
