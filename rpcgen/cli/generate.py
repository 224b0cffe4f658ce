"""``rpcgen FILE... -o DIR``: clients and servers, generated from IDL files."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import frozen

from ..errors import GenerateError
from .console import say, tell

if TYPE_CHECKING:
    from watchfiles import Change

    from ..gen import Difference
    from ..gen.configuration import Configuration

__all__ = ["make_parser", "report_check", "run"]

_EPILOG = """\
without FILE and -o, [tool.rpcgen] in the pyproject.toml here or above says idl
and output. a folder stands for the IDL files below it; files that hold only
messages are skipped where another one has a service.
"""

_USAGE = """\
usage: rpcgen [FILE ...] [-o DIR] [--root DIR] [--check] [--prune] [--watch]
       rpcgen COMMAND ...

  generate     Generate typed clients and servers, as without a COMMAND.
"""

_MORE = """
`rpcgen COMMAND --help` says more. An IDL folder of that name is ./COMMAND.
"""

# Interval in milliseconds at which the watch for changes wakes up without any.
_WATCH_MS: Final = 500


def run(arguments: Sequence[str], others: Callable[[], Iterable[tuple[str, str]]] = tuple) -> int:
    """Run the command.

    Args:
        arguments: Arguments of the command line.
        others: Returns the other commands for the help: each with what it is for.

    Returns:
        Exit status: 0 is success, 1 is a bad IDL or output that is not up to date.
    """
    parser = make_parser(others)
    options = parser.parse_args(arguments)
    try:
        job = _job(parser, options)
        return _watch(job) if options.watch else _run_once(job)
    except BrokenPipeError:  # of standard output, which is no fault of the IDL
        raise
    except OSError as error:
        tell(f"rpcgen: error: {error}")
        return 1


@frozen
class _Job:
    """Sources and options of one run of the generator."""

    idl: tuple[str, ...]
    output: Path
    root: Path | None
    check: bool
    prune: bool


def _job(parser: argparse.ArgumentParser, options: argparse.Namespace) -> _Job:
    """Return what the command line says, and where it does not, ``[tool.rpcgen]``."""
    if options.check and (options.prune or options.watch):
        parser.error("--check writes nothing: leave out --prune and --watch")
    if "" in options.files:
        parser.error("a FILE has an empty name: say . for the working directory")
    idl, output = tuple(options.files), options.output
    if not (idl and output):
        found = _configuration(parser)
        idl = idl or tuple(map(str, found.idl))
        output = output or found.output
        if not (idl and output):
            missing = "output" if idl else "idl"
            parser.error(f"[tool.rpcgen] of {_shown(found.file)} does not say {missing}")
    root = _absolute(options.root) if options.root else None
    return _Job(idl, _absolute(output), root, options.check, options.prune)


def _configuration(parser: argparse.ArgumentParser) -> Configuration:
    from ..gen.configuration import ConfigurationError, find_configuration

    try:
        found = find_configuration(Path.cwd())
    except ConfigurationError as error:
        tell(f"{error}")
        raise SystemExit(1) from None
    if found is None:
        parser.error(
            "say FILE and -o DIR, or write idl and output to [tool.rpcgen] in pyproject.toml"
        )
    return found


def _run_once(job: _Job) -> int:
    from .. import gen  # lazy: printing a stream needs neither this nor Jinja

    try:
        output = gen.generate(job.idl, job.output, job.root)
        for note in output.notes:
            tell(f"{note}")
        if job.check:
            differences = [*gen.compare(output.files), *output.orphans]
            return report_check(differences, len(output.files))
        written = gen.write(output.files)
        for path in written:
            say(f"wrote {_shown(path)}")
        if not written and not output.orphans:
            report_check([], len(output.files))
        if job.prune:
            for path in gen.prune(output.orphans, job.output):
                say(f"deleted {_shown(path)}")
            return 0
        for orphan in output.orphans:
            say(f"orphan {_shown(orphan.path)}: its IDL is gone, delete it")
    except GenerateError as error:
        tell(f"{error}")
        return 1
    return 0


def _watch(job: _Job) -> int:
    """Generate, and again after each change below the folders of the IDL, until interrupted."""
    try:
        from watchfiles import PythonFilter, watch
    except ImportError:  # an extra
        tell("rpcgen: error: --watch needs watchfiles\n    hint: pip install 'rpcgen[cli]'")
        return 2
    is_python, folders = PythonFilter(), _watched(job)

    def is_source(change: Change, path: str) -> bool:
        return is_python(change, path) and not Path(path).is_relative_to(job.output)

    is_first = True
    # The first time nothing has changed, but from then on no change is missed.
    for changes in watch(
        *folders,
        watch_filter=is_source,
        raise_interrupt=True,
        yield_on_timeout=True,
        rust_timeout=_WATCH_MS,
    ):
        if not (changes or is_first):
            continue
        try:
            _run_once(job)
        except OSError as error:  # a file that an editor is about to replace
            tell(f"rpcgen: error: {error}")
        if is_first:
            tell(f"rpcgen: watching {', '.join(map(_shown, folders))}")
            is_first = False
    return 0


def _watched(job: _Job) -> list[Path]:
    """Return the folders that hold the IDL and all that it may import of its own project."""
    from ..gen.discover import discover

    roots = {idl.root for idl in discover(job.idl, job.root, job.output)[0]}
    files = [_absolute(each) for each in job.idl]
    folders = {each if each.is_dir() else each.parent for each in files}
    return sorted(roots or folders)


def report_check(differences: Sequence[Difference], count: int) -> int:
    """Print a list of the files that differ, then their diffs.

    Args:
        differences: The files that are not as they should be.
        count: Number of files that should be there.

    Returns:
        Exit status: 0 if no file differs, 1 if one does.
    """
    if not differences:
        say(f"{count} files are up to date")
        return 0
    for difference in differences:
        say(f"{difference.state} {_shown(difference.path)}")
    for difference in differences:
        for line in difference.diff.splitlines():
            say(line)
    return 1


class _Parser(argparse.ArgumentParser):
    """Parser whose help is the list of all commands, where it is told the others."""

    others: Callable[[], Iterable[tuple[str, str]]] = tuple

    def format_help(self) -> str:
        lines = [f"  {name:<12} {summary}\n" for name, summary in self.others()]
        return "".join([_USAGE, *lines, _MORE]) if lines else super().format_help()


def make_parser(
    others: Callable[[], Iterable[tuple[str, str]]] = tuple,
) -> argparse.ArgumentParser:
    """Return the parser of the command's arguments; see `run`."""
    parser = _Parser(
        prog="rpcgen",
        description="Generate typed clients and servers from Protocol classes.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.others = others
    parser.add_argument("files", nargs="*", metavar="FILE", help="an IDL file, or a folder of them")
    parser.add_argument("-o", "--output", metavar="DIR", help="the folder to write to")
    parser.add_argument(
        "--root",
        metavar="DIR",
        help="the folder that the IDL's imports count from [found]",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit 1 unless all is up to date",
    )
    parser.add_argument(
        "--prune", action="store_true", help="delete generated files whose IDL is gone"
    )
    parser.add_argument(
        "--watch", action="store_true", help="generate again whenever the IDL changes"
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    return parser


class _Version(argparse.Action):
    """Prints the version, which takes a while to look up, as does what looks."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib import metadata

        try:
            version = metadata.version("rpcgen")
        except metadata.PackageNotFoundError:
            version = "(run from its sources, not installed)"
        from .._implementation import CHOSEN, name_of

        sys.stdout.write(f"rpcgen {version} (gob: {name_of(CHOSEN)})\n")
        parser.exit()


def _absolute(path: str) -> Path:
    return Path(os.path.abspath(path))


def _shown(path: Path) -> str:
    from ..gen.diagnostics import display_path  # lazy, as all of it

    return display_path(path)
