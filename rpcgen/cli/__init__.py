"""The command line: ``rpcgen FILE... -o DIR``, and one module for each other command."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import Final

from . import generate
from .console import tell

__all__ = ["main"]

# Commands that need nothing beside the package: modules with `run(arguments) -> status`.
_PLAIN: Final = frozenset({"dump"})

# Commands on click: name and the module that has it as `command`.
_COMMANDS: Final[dict[str, str]] = {
    "from-record": "from_record",
    "record": "record",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: Arguments of the command line, without the program; those of
            the process by default.

    Returns:
        Exit status: 0 is success; 1 is a bad IDL, output that is not up to date,
        or a broken stream; 2 is wrong usage; 130 is an interrupt from the keyboard.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    name = arguments[0] if arguments else ""
    if name in _PLAIN:
        status: int = _module(name).run(arguments[1:])
        return status
    if name in _COMMANDS:
        return _run(name, arguments[1:])
    return generate.run(arguments)


def _module(name: str) -> ModuleType:
    # Lazy: what one command needs, the others do without.
    return import_module(f"{__name__}.{name}")


def _run(name: str, arguments: Sequence[str]) -> int:
    try:
        import click
    except ImportError:
        tell(f"rpcgen: error: {name} needs click; hint: pip install 'rpcgen[cli]'")
        return 2
    command: click.Command = _module(_COMMANDS[name]).command
    try:
        status = command.main(list(arguments), prog_name=f"rpcgen {name}", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        tell("rpcgen: interrupted")
        return 130
    return status if isinstance(status, int) else 0
