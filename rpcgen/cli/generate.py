"""``rpcgen FILE... -o DIR``: clients and servers, generated from IDL files."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import GenerateError
from .console import say, tell

if TYPE_CHECKING:
    from ..gen import Difference

__all__ = ["run"]

_EPILOG = """\
a folder stands for the IDL files below it; files that hold only messages are skipped where
another one has a service.

other commands, which `rpcgen COMMAND --help` explains; an IDL folder of that name is ./COMMAND:
"""


def run(arguments: Sequence[str], others: Callable[[], Iterable[tuple[str, str]]] = tuple) -> int:
    """Run the command.

    Args:
        arguments: Arguments of the command line.
        others: Returns the other commands for the help: each with what it is for.

    Returns:
        Exit status: 0 is success, 1 is a bad IDL or output that is not up to date, 130 is an
        interrupt from the keyboard.
    """
    options = _parser(others).parse_args(arguments)
    from .. import gen  # lazy: printing a stream needs neither this nor Jinja

    try:
        root = _absolute(options.root) if options.root else None
        output = gen.generate(options.files, _absolute(options.output), root)
        for note in output.notes:
            tell(f"{note}")
        if options.check:
            differences = [*gen.compare(output.files), *output.orphans]
            return _report(differences) if differences else _up_to_date(len(output.files))
        written = gen.write(output.files)
        for path in written:
            say(f"wrote {_shown(path)}")
        if not written and not output.orphans:
            _up_to_date(len(output.files))
        for orphan in output.orphans:
            say(f"orphan {_shown(orphan.path)}: its IDL is gone, delete it")
    except GenerateError as error:
        tell(f"{error}")
        return 1
    except BrokenPipeError:  # of standard output, which is no fault of the IDL
        raise
    except OSError as error:
        tell(f"rpcgen: error: {error}")
        return 1
    except KeyboardInterrupt:
        tell("rpcgen: interrupted")
        return 130
    return 0


def _up_to_date(count: int) -> int:
    say(f"{count} files are up to date")
    return 0


def _report(differences: Sequence[Difference]) -> int:
    """Print a list of the files that differ, then their diffs."""
    for difference in differences:
        say(f"{difference.state} {_shown(difference.path)}")
    for difference in differences:
        for line in difference.diff.splitlines():
            say(line)
    return 1


class _Parser(argparse.ArgumentParser):
    """Parser whose help names the other commands, which have to be asked for it."""

    others: Callable[[], Iterable[tuple[str, str]]] = tuple

    def format_help(self) -> str:
        lines = [f"  {name:<12} {summary}\n" for name, summary in self.others()]
        return super().format_help() + "".join(lines)


def _parser(others: Callable[[], Iterable[tuple[str, str]]]) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="rpcgen",
        description="Generate typed clients and servers from Protocol classes.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.others = others
    parser.add_argument("files", nargs="+", metavar="FILE", help="an IDL file, or a folder of them")
    parser.add_argument(
        "-o", "--output", metavar="DIR", required=True, help="the folder to write to"
    )
    parser.add_argument(
        "--root",
        metavar="DIR",
        help="the folder that the IDL's imports count from (default: root in [tool.rpcgen] of "
        "pyproject.toml, else above the IDL's topmost package, else src or the folder of the "
        "project)",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; list what is stale, missing or left over and exit 1 if anything is",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    return parser


class _Version(argparse.Action):
    """Prints the version, which takes a while to look up."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        try:
            version = metadata.version("rpcgen")
        except metadata.PackageNotFoundError:
            version = "(run from its sources, not installed)"
        sys.stdout.write(f"rpcgen {version}\n")
        parser.exit()


def _absolute(path: str) -> Path:
    return Path(os.path.abspath(path))


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
