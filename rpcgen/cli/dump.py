"""``rpcgen dump FILE``: a gob stream, printed for humans."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ..gob._dump import dump_lines
from .console import say, tell

__all__ = ["SUMMARY", "make_parser", "run"]

SUMMARY: Final = "Print a gob stream, its types and values, for humans."
"""Purpose of the command."""


def run(arguments: Sequence[str]) -> int:
    """Run the command.

    Args:
        arguments: Arguments of the command line behind the command's name.

    Returns:
        Exit status: 0 is success, 1 is a broken stream.
    """
    options = make_parser().parse_args(arguments)
    try:
        data = _read(options.file)
    except OSError as error:
        tell(f"rpcgen: error: {error}")
        return 1
    lines, broken = dump_lines(data)
    for line in lines:
        say(line)
    return 1 if broken else 0


def _read(file: str) -> bytes:
    if file != "-":
        return Path(file).read_bytes()
    if sys.stdin is None:
        raise OSError("standard input is closed")
    return sys.stdin.buffer.read()


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command's arguments."""
    parser = argparse.ArgumentParser(prog="rpcgen dump", description=SUMMARY)
    parser.add_argument("file", metavar="FILE", help="a file of gob, or - for standard input")
    return parser
