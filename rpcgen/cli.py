"""The command line: ``rpcgen FILE... -o DIR`` and ``rpcgen dump FILE``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import GenerateError

if TYPE_CHECKING:
    from .gen import Difference

__all__ = ["main"]

_EPILOG = """\
a folder stands for the IDL files below it; files that hold only messages are skipped where
another one has a service.

other commands:
  rpcgen dump FILE|-    print a gob stream for humans; an IDL folder of that name is ./dump
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: Arguments of the command line, without the program; those of
            the process by default.

    Returns:
        Exit status: 0 is success; 1 is a bad IDL, output that is not up to date,
        or a broken stream; 2 is wrong usage; 130 is an interrupt from the keyboard.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["dump"]:
        return _dump(arguments[1:])
    return _generate(arguments)


def _generate(arguments: Sequence[str]) -> int:
    options = _generate_parser().parse_args(arguments)
    from . import gen  # lazy: printing a stream needs neither this nor Jinja

    try:
        root = _absolute(options.root) if options.root else None
        output = gen.generate(options.files, _absolute(options.output), root)
        for note in output.notes:
            _tell(f"{note}")
        if options.check:
            differences = [*gen.compare(output.files), *output.orphans]
            return _report(differences) if differences else _up_to_date(len(output.files))
        written = gen.write(output.files)
        for path in written:
            _say(f"wrote {_shown(path)}")
        if not written and not output.orphans:
            _up_to_date(len(output.files))
        for orphan in output.orphans:
            _say(f"orphan {_shown(orphan.path)}: its IDL is gone, delete it")
    except GenerateError as error:
        _tell(f"{error}")
        return 1
    except OSError as error:
        _tell(f"rpcgen: error: {error}")
        return 1
    except KeyboardInterrupt:
        _tell("rpcgen: interrupted")
        return 130
    return 0


def _up_to_date(count: int) -> int:
    _say(f"{count} files are up to date")
    return 0


def _say(line: str) -> None:
    """Write a line, with escapes for characters that the output's encoding lacks."""
    if sys.stdout is not None:  # as where the file was closed before the program began
        encoding = sys.stdout.encoding or "utf-8"
        sys.stdout.write(f"{line.encode(encoding, 'backslashreplace').decode(encoding)}\n")


def _tell(line: str) -> None:
    """Write a line about an error, or a note."""
    if sys.stderr is not None:
        sys.stderr.write(f"{line}\n")


def _report(differences: Sequence[Difference]) -> int:
    """Print a list of the files that differ, then their diffs."""
    for difference in differences:
        _say(f"{difference.state} {_shown(difference.path)}")
    for difference in differences:
        for line in difference.diff.splitlines():
            _say(line)
    return 1


def _dump(arguments: Sequence[str]) -> int:
    options = _dump_parser().parse_args(arguments)
    from .gob._dump import dump_lines

    try:
        data = _read(options.file)
    except OSError as error:
        _tell(f"rpcgen: error: {error}")
        return 1
    lines, broken = dump_lines(data)
    for line in lines:
        _say(line)
    return 1 if broken else 0


def _read(file: str) -> bytes:
    if file != "-":
        return Path(file).read_bytes()
    if sys.stdin is None:
        raise OSError("standard input is closed")
    return sys.stdin.buffer.read()


def _generate_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rpcgen",
        description="Generate typed clients and servers from Protocol classes.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
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


def _dump_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rpcgen dump", description="Print a gob stream, its types and values, for humans."
    )
    parser.add_argument("file", metavar="FILE", help="a file of gob, or - for standard input")
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


if __name__ == "__main__":
    sys.exit(main())
