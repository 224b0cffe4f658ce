"""``rpcgen completion SHELL``: what completes commands, options and files in a shell."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import click
from click.shell_completion import CompletionItem, get_completion_class, shell_complete

from .console import say

__all__ = ["COMPLETE", "Commands", "command", "complete", "of_argparse"]

COMPLETE: Final = "_RPCGEN_COMPLETE"
"""Variable by which a shell asks for completions; its value says which shell."""

_HOW: Final = {
    "bash": 'eval "$(rpcgen completion bash)"  # in ~/.bashrc',
    "zsh": 'eval "$(rpcgen completion zsh)"  # in ~/.zshrc',
    "fish": "rpcgen completion fish > ~/.config/fish/completions/rpcgen.fish",
}


@click.command("completion", short_help="Print what completes commands in bash, zsh or fish.")
@click.argument("shell", type=click.Choice(list(_HOW)))
def command(shell: str) -> int:
    """Print a script that completes commands, options and files.

    \b
      eval "$(rpcgen completion bash)"    in ~/.bashrc
      eval "$(rpcgen completion zsh)"     in ~/.zshrc
      rpcgen completion fish > ~/.config/fish/completions/rpcgen.fish
    """  # noqa: D301 - to click, a backspace says: leave the lines as they are
    found = get_completion_class(shell)
    assert found is not None
    say(found(click.Group(), {}, "rpcgen", COMPLETE).source().strip())
    return 0


class Commands(click.Group):
    """All commands, of which the one that is asked for is loaded.

    Args:
        load: Functions that return each command, by name.
        default: The command that has no name.
    """

    def __init__(
        self, load: Mapping[str, Callable[[], click.Command]], default: click.Command
    ) -> None:
        options = [each for each in default.params if isinstance(each, click.Option)]
        super().__init__("rpcgen", params=[*options])
        self._load = load
        self._default = default

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names."""
        return [*self._load]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, None where there is none of that name."""
        load = self._load.get(cmd_name)
        if load is None:
            return None
        try:
            return load()
        except ImportError:  # of an extra
            return click.Command(cmd_name, help="needs a library that is missing")

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return a command and its arguments; what is no name belongs to the one without."""
        if args[0] in self._load:
            return super().resolve_command(ctx, args)
        return "", self._default, args

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return names of commands and options; where none fits, the shell looks for files."""
        found = super().shell_complete(ctx, incomplete)
        # Files come first: what stands behind them is offered instead, where it fits.
        return found if incomplete.startswith("-") else [CompletionItem(incomplete, "file"), *found]


def complete(commands: Commands, instruction: str) -> int:
    """Answer a shell.

    Args:
        commands: All commands.
        instruction: What the shell wants, such as ``bash_complete``.

    Returns:
        Exit status.
    """
    return shell_complete(commands, {}, "rpcgen", COMPLETE, instruction)


def of_argparse(parser: argparse.ArgumentParser, name: str) -> click.Command:
    """Return a command with the options of a parser, for completion alone."""
    parameters: list[click.Parameter] = []
    for action in parser._actions:
        if not action.option_strings:
            kind = click.Path()
            parameters.append(click.Argument(["files"], nargs=-1, required=False, type=kind))
        elif action.nargs == 0:
            parameters.append(click.Option(_spelled(action), is_flag=True, help=action.help))
        else:
            kind = click.Path(file_okay=False)
            parameters.append(click.Option(_spelled(action), type=kind, help=action.help))
    return click.Command(name, params=parameters, add_help_option=False)


def _spelled(action: argparse.Action) -> Sequence[str]:
    return [*action.option_strings]
